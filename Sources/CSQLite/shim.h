#ifndef KVORUM_CSQLITE_SHIM_H
#define KVORUM_CSQLITE_SHIM_H
#include <sqlite3.h>
#endif
