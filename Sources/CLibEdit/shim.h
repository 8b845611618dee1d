#ifndef KVORUM_CLIBEDIT_SHIM_H
#define KVORUM_CLIBEDIT_SHIM_H
#include <stdio.h>
#include <editline/readline.h>

/* Swift cannot write a C global safely; signals are the program's own affair, not the line editor's. */
static inline void kvorum_leave_signals_alone(void) { rl_catch_signals = 0; }
#endif
