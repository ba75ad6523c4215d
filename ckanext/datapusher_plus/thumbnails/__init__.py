"""Pictures of resources: images, first pages of PDF files, and small charts of tables."""
