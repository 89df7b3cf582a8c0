// Tests of Store follow file by file.
