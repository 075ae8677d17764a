/* SPDX-License-Identifier: Apache-2.0
 * A PostgreSQL server of a test's own: made in a temporary folder, reached through a Unix socket
 * there alone, dying with the process that started it. Must never touch a server that exists, nor
 * let a test pass when the binaries are missing.
 */
#ifndef POSTERN_TEST_PG_SERVER_H
#define POSTERN_TEST_PG_SERVER_H
#include <sys/types.h>

struct pg_server;

/* Makes a database cluster and starts it; settings is up to eight
 * "name=value" with a space between, or NULL. Exits the process with
 * a sentence when there is no PostgreSQL to start. */
struct pg_server *pg_server_start(const char *settings);
/* "host=... user=postgres dbname=postgres" */
const char *pg_server_conninfo(const struct pg_server *s);
pid_t pg_server_pid(const struct pg_server *s);
/* As a crash: no shutdown checkpoint. */
void pg_server_kill(struct pg_server *s);
void pg_server_again(struct pg_server *s);
/* Ends it and removes its folder. */
void pg_server_stop(struct pg_server *s);
#endif
