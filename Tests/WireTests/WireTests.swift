// Tests of Wire follow file by file.
