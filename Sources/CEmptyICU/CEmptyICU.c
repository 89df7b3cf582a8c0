// Takes the place of ICU's data in the shipped binary: 34 MB of calendars, collations and names of languages.
//
// GRDB and Yams import Foundation, and with it comes ICU's code. spate formats neither dates nor numbers with it and sorts
// no text by language; where Foundation looks a resource up all the same it is told that there is none. Only `make dist`
// compiles this file (Decisions: what is shipped); the suite runs against the binary that holds it.
const unsigned char icudt76_dat[64] __attribute__((aligned(16), used, visibility("default"))) = {0};
