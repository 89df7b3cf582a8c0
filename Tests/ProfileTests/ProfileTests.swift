// Tests of Profile follow file by file.
