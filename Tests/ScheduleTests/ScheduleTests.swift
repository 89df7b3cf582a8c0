// Tests of Schedule follow file by file.
