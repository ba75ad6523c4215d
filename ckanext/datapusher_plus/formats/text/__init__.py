"""Tables in text files: encoding, separator, header and footer, and the formats CSV, TSV, SSV, PSV and TXT."""
