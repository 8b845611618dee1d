#ifndef KVORUM_CLIBEDIT_SHIM_H
#define KVORUM_CLIBEDIT_SHIM_H
#include <stdio.h>
#include <editline/readline.h>
#endif
