/* SPDX-License-Identifier: Apache-2.0
 * The shipped uplink under its shipped manifest, in the real sandbox of the production profile,
 * with a real TLS server: what libcurl and OpenSSL need must have been warmed in init(), for
 * nothing can be opened afterwards. Must never run the plugin in this process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../tools/postern/pki_make.h"
#include "../../unit/uplink/centre_double.h"
#include "bus/blob.h"
#include "config/config.h"
#include "core_side.h"
#include "host/plugin_main.h"

enum { WAIT_MS = 10000, BLOB = 150000 };

struct place {
	char folder[64], key_folder[96], key[128];
	EVP_PKEY *ca_key, *server_key;
	X509 *ca, *server;
};

static X509 *certificate(enum pki_use use, const char *name, const char *alternative, EVP_PKEY *key,
	X509 *ca, EVP_PKEY *ca_key)
{
	const struct pki_request r = {use, {"NOR", "OSL", name}, alternative, 2};
	X509 *cert = NULL;

	assert_int_equal(pki_certificate(&cert, &r, key, ca, ca_key), 0);
	return cert;
}

/* The public halves in a folder that every user may read; the key elsewhere, for the owner alone.
 */
static void make_place(struct place *p)
{
	EVP_PKEY *gate_key = pki_key_p256();
	X509 *gate;

	p->ca_key = pki_key_p256();
	p->server_key = pki_key_p256();
	p->ca = certificate(PKI_CA, "ca", NULL, p->ca_key, NULL, NULL);
	p->server = certificate(PKI_SERVER, "registry", "IP:127.0.0.1,DNS:localhost", p->server_key,
		p->ca, p->ca_key);
	gate = certificate(PKI_CLIENT, "lane-1", NULL, gate_key, p->ca, p->ca_key);
	snprintf(p->folder, sizeof p->folder, "/tmp/uplink-sandbox-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	assert_int_equal(chmod(p->folder, 0755), 0);
	snprintf(p->key_folder, sizeof p->key_folder, "%s/private", p->folder);
	assert_int_equal(mkdir(p->key_folder, 0700), 0);
	snprintf(p->key, sizeof p->key, "%s/gate.key", p->key_folder);
	assert_int_equal(pki_write_certificate(p->folder, "ca.pem", p->ca), 0);
	assert_int_equal(pki_write_certificate(p->folder, "gate.pem", gate), 0);
	assert_int_equal(pki_write_private(p->key_folder, "gate.key", gate_key), 0);
	X509_free(gate);
	EVP_PKEY_free(gate_key);
}

static void remove_place(struct place *p)
{
	char path[128];

	unlink(p->key);
	rmdir(p->key_folder);
	snprintf(path, sizeof path, "%s/ca.pem", p->folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/gate.pem", p->folder);
	unlink(path);
	rmdir(p->folder);
	X509_free(p->ca);
	X509_free(p->server);
	EVP_PKEY_free(p->ca_key);
	EVP_PKEY_free(p->server_key);
}

static struct core_side *start(const struct place *p, const char *host, int port)
{
	char manifest_path[512], url[64], why[500] = "";
	struct manifest *m;
	struct text error;
	struct core_side *c = malloc(sizeof *c);
	int64_t id = geteuid() == 0 ? 64007 : SPEC_KEEP_UID;
	const struct named_value device = {"key", p->key}, folder = {"pki", p->folder},
				 option = {"url", url};
	const struct plugin_request r = {.unit = "lane-1",
		.instance = "lane-1/uplink",
		.manifest_path = manifest_path,
		.manifest = NULL,
		.uid = id,
		.gid = id,
		.devices = &device,
		.device_count = 1,
		.folders = &folder,
		.folder_count = 1,
		.options = &option,
		.option_count = 1,
		.sockets_allowed = CONFIG_INET_CLIENT};
	struct plugin_request request = r;

	assert_non_null(c);
	text_init(&error, why, sizeof why);
	snprintf(url, sizeof url, "https://%s:%d", host, port);
	snprintf(manifest_path, sizeof manifest_path, "%s/uplink/uplink.plugin", getenv("PLUGINS"));
	if (manifest_load(manifest_path, &m, &error) != PN_OK)
		fail_msg("%s", why);
	request.manifest = m;
	if (core_side_start(c, &request, &error) != PN_OK)
		fail_msg("%s", why);
	manifest_free(m);
	assert_int_equal(core_side_greet(c, 1, 500, 5000), PN_OK);
	return c;
}

static size_t signed_ack(uint8_t *out)
{
	static uint8_t ack[60], signature[64];
	Postern__SignedAck a = POSTERN__SIGNED_ACK__INIT;

	memset(ack, 3, sizeof ack);
	memset(signature, 4, sizeof signature);
	a.ack = (ProtobufCBinaryData){sizeof ack, ack};
	a.signature = (ProtobufCBinaryData){sizeof signature, signature};
	return postern__signed_ack__pack(&a, out);
}

static void forward(struct core_side *c, uint64_t id, const uint8_t *blob, size_t size)
{
	Postern__ForwardJournal f = POSTERN__FORWARD_JOURNAL__INIT;
	uint8_t body[64], packet[512], inline_batch[] = "small";
	struct bus_blob b;
	size_t used;
	int fd;

	f.records = 1;
	if (blob == NULL) {
		f.batch = (ProtobufCBinaryData){sizeof inline_batch, inline_batch};
		assert_int_equal(core_side_tell(c, id, POSTERN__ENVELOPE__BODY_FORWARD_JOURNAL,
					 body, postern__forward_journal__pack(&f, body)),
			PN_OK);
		return;
	}
	assert_int_equal(blob_create(blob, size, &fd, &b), PN_OK);
	assert_int_equal(
		bus_encode_raw(id, NULL, &b, POSTERN__ENVELOPE__BODY_FORWARD_JOURNAL, body,
			postern__forward_journal__pack(&f, body), packet, sizeof packet, &used),
		PN_OK);
	assert_int_equal(bus_send(c->child.bus_fd, packet, used, fd), PN_OK);
	close(fd);
}

static void expect_forwarded(struct core_side *c, uint64_t id, Postern__ForwardResult result)
{
	assert_int_equal(
		core_side_await(c, POSTERN__ENVELOPE__BODY_JOURNAL_FORWARDED, WAIT_MS), PN_OK);
	assert_int_equal(c->message.envelope->id, id);
	assert_int_equal(c->message.envelope->journal_forwarded->result, result);
}

static void talk(const char *host)
{
	struct place p;
	struct centre_double *d;
	struct core_side *c;
	uint8_t ack[256], *blob = malloc(BLOB);
	struct seen s;
	int status;

	make_place(&p);
	d = centre_double_start(p.server, p.server_key, p.ca, 0);
	c = start(&p, host, centre_double_port(d));
	centre_double_behave(d, ANSWER, 200, "", ack, signed_ack(ack));
	forward(c, 11, NULL, 0);
	expect_forwarded(c, 11, POSTERN__FORWARD_RESULT__FORWARD_ACKED);
	assert_int_equal(c->message.envelope->journal_forwarded->ack->ack.len, 60);
	for (size_t i = 0; i < BLOB; i++)
		blob[i] = (uint8_t)(i * 13);
	forward(c, 12, blob, BLOB);
	expect_forwarded(c, 12, POSTERN__FORWARD_RESULT__FORWARD_ACKED);
	s = centre_double_seen(d);
	assert_int_equal(s.size, BLOB);
	assert_memory_equal(s.body, blob, BLOB);
	assert_string_equal(s.client, "lane-1");
	assert_int_equal(s.connections, 1);

	/* a second connection inside the narrow layer, and a look-up */
	centre_double_behave(d, CUT_IN_HEADERS, 200, "", "", 0);
	forward(c, 13, NULL, 0);
	expect_forwarded(c, 13, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE);
	centre_double_behave(d, ANSWER, 200, "", "\x08\x01\x18\x01", 4);
	assert_int_equal(core_side_tell(c, 14, POSTERN__ENVELOPE__BODY_LOOKUP_HISTORY,
				 (const uint8_t *)"\x0a\x01X", 3),
		PN_OK);
	assert_int_equal(
		core_side_await(c, POSTERN__ENVELOPE__BODY_HISTORY_LOOKED, WAIT_MS), PN_OK);
	assert_int_equal(c->message.envelope->history_looked->result,
		POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_true(c->message.envelope->history_looked->complete);
	centre_double_stop(d);
	forward(c, 15, NULL, 0);
	expect_forwarded(c, 15, POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE);

	assert_int_equal(core_side_tell(c, 0, POSTERN__ENVELOPE__BODY_STOP, NULL, 0), PN_OK);
	status = core_side_status(c, WAIT_MS);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == HOST_EXIT_STOPPED);
	core_side_end(c);
	free(c);
	free(blob);
	remove_place(&p);
}

static void test_number(void **state)
{
	(void)state;
	talk("127.0.0.1");
}

/* Resolved in the wide layer: the narrow one has no thread and no name service to ask with. */
static void test_name(void **state)
{
	(void)state;
	talk("localhost");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number), cmocka_unit_test(test_name)};

	return cmocka_run_group_tests_name("uplink-in-sandbox", tests, NULL, NULL);
}
