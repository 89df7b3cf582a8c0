// Tests of Measurement follow file by file.
