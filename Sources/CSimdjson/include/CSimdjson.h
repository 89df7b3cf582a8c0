#ifndef CSIMDJSON_H
#define CSIMDJSON_H
/* The C face of simdjson that Wire uses; see CSimdjson.cpp. */
#endif
