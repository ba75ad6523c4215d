"""Files whose columns have declared types: Parquet, Arrow and Feather."""
