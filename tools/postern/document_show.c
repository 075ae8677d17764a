/* SPDX-License-Identifier: Apache-2.0
 * `postern document show`: what the files of a chip say, by hand. Prints personal data to the one who gave the files. Must
 * never send a control character of a file to a terminal, nor write over a file that is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "document.h"
#include "emrtd/lds/face.h"
#include "json/json.h"

struct show {
	struct cli *cli;
	struct json j;
};

/* Names are those of the JSON; a table shows their words apart. */
static void label(const struct show *s, const char *name)
{
	char words[32];
	size_t n = 0;
	for (; name[n] != '\0' && n + 1 < sizeof words; n++)
		words[n] = name[n];
	for (size_t i = 0; i < n; i++)
		words[i] = (char)(words[i] == '_' ? ' ' : words[i]);
	words[n] = '\0';
	fprintf(s->cli->out, "  %-24s", words);
}

/* Text of a document on a terminal: what is not printable, C1 controls among them, becomes a question mark. */
static void plain(FILE *out, struct emrtd_bytes v)
{
	for (size_t i = 0; i < v.size; i++) {
		bool c1 = v.bytes[i] == 0xc2 && i + 1 < v.size && v.bytes[i + 1] < 0xa0;
		fputc(v.bytes[i] < ' ' || v.bytes[i] == 0x7f || c1 ? '?' : v.bytes[i], out);
		i += c1;
	}
}

static void put_bytes(struct show *s, const char *name, struct emrtd_bytes v)
{
	if (v.bytes == NULL)
		return;
	if (s->cli->json) {
		json_hex(&s->j, name, v.bytes, v.size);
		return;
	}
	label(s, name);
	for (size_t i = 0; i < v.size && i < 32; i++)
		fprintf(s->cli->out, "%02X", v.bytes[i]);
	fprintf(s->cli->out, v.size > 32 ? "... (%zu bytes)\n" : " (%zu bytes)\n", v.size);
}

static void put_text(struct show *s, const char *name, const struct lds_text *t)
{
	if (t->bytes.bytes == NULL)
		return;
	if (!t->utf8) {
		put_bytes(s, name, t->bytes);
	} else if (s->cli->json) {
		json_text(&s->j, name, (const char *)t->bytes.bytes, t->bytes.size);
	} else {
		label(s, name);
		plain(s->cli->out, t->bytes);
		fputc('\n', s->cli->out);
	}
}

static void put_texts(struct show *s, const char *name, const struct lds_text *t, size_t count)
{
	if (s->cli->json)
		json_array(&s->j, name);
	for (size_t i = 0; i < count; i++)
		put_text(s, s->cli->json ? NULL : name, &t[i]);
	if (s->cli->json)
		json_end_array(&s->j);
}

static void put_string(struct show *s, const char *name, const char *value)
{
	if (s->cli->json) {
		json_string(&s->j, name, value);
		return;
	}
	label(s, name);
	fprintf(s->cli->out, "%s\n", value);
}

static void put_number(struct show *s, const char *name, uint64_t n)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)n);
	if (s->cli->json)
		json_unsigned(&s->j, name, n);
	else
		put_string(s, name, text);
}

static void put_flag(struct show *s, const char *name, bool on)
{
	if (s->cli->json)
		json_bool(&s->j, name, on);
	else
		put_string(s, name, on ? "yes" : "no");
}

/* Parts that the document says are unknown stay zeros, as it writes them. */
static void put_date(struct show *s, const char *name, const struct lds_date *d, bool with_time)
{
	char text[48];
	if (!d->there)
		return;
	int n = snprintf(text, sizeof text, "%04u-%02u-%02u", d->year, d->month, d->day);
	if (with_time)
		snprintf(text + n, sizeof text - (size_t)n, "T%02u:%02u:%02u", d->hour, d->minute, d->second);
	put_string(s, name, text);
}

static void put_picture(struct show *s, const char *name, const struct lds_picture *p)
{
	char text[96];
	if (p->bytes.bytes == NULL)
		return;
	if (s->cli->json) {
		json_object(&s->j, name);
		json_string(&s->j, "format", lds_image_name(p->kind));
		json_unsigned(&s->j, "bytes", p->bytes.size);
		json_unsigned(&s->j, "width", p->width);
		json_unsigned(&s->j, "height", p->height);
		json_bool(&s->j, "whole", p->whole);
		json_unsigned(&s->j, "tail", p->tail);
		json_end_object(&s->j);
		return;
	}
	int n = snprintf(text, sizeof text, "%s, %zu bytes", lds_image_name(p->kind), p->bytes.size);
	if (p->width != 0)
		n += snprintf(text + n, sizeof text - (size_t)n, ", %u x %u", p->width, p->height);
	if (!p->whole)
		snprintf(text + n, sizeof text - (size_t)n, ", without an end");
	put_string(s, name, text);
}

static void begin_group(struct show *s, const char *name)
{
	if (s->cli->json) {
		json_object(&s->j, NULL);
		json_string(&s->j, "file", name);
	} else {
		fprintf(s->cli->out, "%s\n", name);
	}
}

static void end_group(struct show *s, const struct lds_notes *n, int rc)
{
	size_t kept = n->count < LDS_NOTES_MAX ? n->count : LDS_NOTES_MAX;
	if (s->cli->json) {
		json_bool(&s->j, "complete", rc == 0);
		json_unsigned(&s->j, "unknown_objects", n->unknown);
		json_array(&s->j, "notes");
	} else if (n->unknown > 0) {
		put_number(s, "unknown_objects", n->unknown);
	}
	for (size_t i = 0; i < kept; i++) {
		const struct lds_note *note = &n->note[i];
		if (s->cli->json) {
			json_object(&s->j, NULL);
			json_string(&s->j, "problem", lds_problem_name(note->what));
			json_unsigned(&s->j, "at", note->at);
			char tag[12];
			snprintf(tag, sizeof tag, "%02X", note->tag);
			json_string(&s->j, "tag", note->tag != 0 ? tag : NULL);
			json_end_object(&s->j);
		} else {
			fprintf(s->cli->out, "%s %-24sat byte %zu, tag %02X\n", rc != 0 ? "X" : "!", lds_problem_name(note->what),
				note->at, note->tag);
		}
	}
	if (s->cli->json) {
		json_end_array(&s->j);
		json_end_object(&s->j);
	} else if (n->count > kept) {
		fprintf(s->cli->out, "! and %zu more\n", n->count - kept);
	}
}

static int show_com(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	struct lds_com c;
	int rc = lds_com(f, &c, n);
	const struct lds_text version = {c.version, true}, unicode = {c.unicode, true};
	put_text(s, "version", &version);
	put_text(s, "unicode", &unicode);
	if (s->cli->json)
		json_array(&s->j, "groups");
	else
		label(s, "groups");
	for (unsigned i = 1; i <= 16; i++) {
		if ((c.groups >> i & 1) == 0)
			continue;
		if (s->cli->json)
			json_unsigned(&s->j, NULL, i);
		else
			fprintf(s->cli->out, "%u ", i);
	}
	if (s->cli->json)
		json_end_array(&s->j);
	else
		fputc('\n', s->cli->out);
	put_number(s, "unknown_tags", c.unknown_tags);
	return rc;
}

static int show_atr_info(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	struct lds_atr_info a;
	int rc = lds_atr_info(f, &a, n);
	put_flag(s, "select_by_name", a.select_by_name);
	put_flag(s, "short_identifiers", a.short_identifiers);
	put_flag(s, "command_chaining", a.command_chaining);
	put_flag(s, "extended_length", a.extended_length);
	put_number(s, "command_max", a.command_max);
	put_number(s, "response_max", a.response_max);
	return rc;
}

static int show_zone(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	struct emrtd_bytes zone;
	int rc = lds_dg1(f, &zone, n);
	size_t count = zone.size == 90 ? 3 : 2, each = zone.size / count;
	const struct lds_text whole = {zone, rc == 0};
	if (s->cli->json || rc != 0)
		put_text(s, "zone", &whole);
	for (size_t i = 0; i < count && !s->cli->json && rc == 0; i++) {
		const struct lds_text line = {{zone.bytes + i * each, each}, true};
		put_text(s, i == 0 ? "zone" : "", &line);
	}
	return rc;
}

static int show_faces(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	struct lds_dg2 d;
	int rc = lds_dg2(f, &d, n);
	put_number(s, "templates", d.templates);
	if (s->cli->json)
		json_array(&s->j, "faces");
	for (size_t i = 0; i < d.count; i++) {
		const struct lds_face *face = &d.face[i];
		if (s->cli->json)
			json_object(&s->j, NULL);
		put_string(s, "record", face->record == LDS_FACE_19794_5 ? "ISO/IEC 19794-5:2005" : "ISO/IEC 39794-5");
		put_picture(s, "image", &face->picture);
		put_number(s, "width", face->width);
		put_number(s, "height", face->height);
		put_number(s, "feature_points", face->points);
		put_date(s, "created", &face->created, true);
		put_date(s, "valid_from", &face->valid_from, false);
		put_date(s, "valid_through", &face->valid_through, false);
		if (s->cli->json)
			json_end_object(&s->j);
	}
	if (s->cli->json)
		json_end_array(&s->j);
	return rc;
}

static int show_displayed(struct show *s, struct emrtd_bytes f, unsigned group, struct lds_notes *n)
{
	struct lds_displayed d;
	int rc = lds_displayed(f, group, &d, n);
	if (s->cli->json)
		json_array(&s->j, "images");
	for (size_t i = 0; i < d.count; i++)
		put_picture(s, s->cli->json ? NULL : "image", &d.picture[i]);
	if (s->cli->json)
		json_end_array(&s->j);
	return rc;
}

static int show_holder(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	struct lds_dg11 d;
	int rc = lds_dg11(f, &d, n);
	put_text(s, "name", &d.name);
	put_texts(s, "other_names", d.other_name, d.other_names);
	put_text(s, "personal_number", &d.personal_number);
	put_date(s, "date_of_birth", &d.birth, false);
	put_text(s, "place_of_birth", &d.place_of_birth);
	put_text(s, "address", &d.address);
	put_text(s, "telephone", &d.telephone);
	put_text(s, "profession", &d.profession);
	put_text(s, "title", &d.title);
	put_text(s, "summary", &d.summary);
	put_picture(s, "citizenship", &d.citizenship);
	put_text(s, "other_documents", &d.other_documents);
	put_text(s, "custody", &d.custody);
	return rc;
}

static int show_document(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	struct lds_dg12 d;
	int rc = lds_dg12(f, &d, n);
	put_text(s, "authority", &d.authority);
	put_date(s, "date_of_issue", &d.issued, false);
	put_texts(s, "other_persons", d.other_person, d.other_persons);
	put_text(s, "endorsements", &d.endorsements);
	put_text(s, "tax_and_exit", &d.tax_exit);
	put_picture(s, "front", &d.front);
	put_picture(s, "rear", &d.rear);
	put_date(s, "personalized", &d.personalized, true);
	put_text(s, "system", &d.system);
	return rc;
}

static int show_persons(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	struct lds_dg16 d;
	int rc = lds_dg16(f, &d, n);
	if (s->cli->json)
		json_array(&s->j, "persons");
	for (size_t i = 0; i < d.count; i++) {
		if (s->cli->json)
			json_object(&s->j, NULL);
		put_text(s, "name", &d.person[i].name);
		put_text(s, "telephone", &d.person[i].telephone);
		put_text(s, "address", &d.person[i].address);
		put_date(s, "recorded", &d.person[i].recorded, false);
		if (s->cli->json)
			json_end_object(&s->j);
	}
	if (s->cli->json)
		json_end_array(&s->j);
	return rc;
}

/* What there is of each kind: chip and active authentication use it, and passive authentication proves it. */
static int show_security(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	struct emrtd_security_infos i;
	int rc = emrtd_security_infos(&i, f);
	memset(n, 0, sizeof *n);
	if (rc != 0) {
		n->note[n->count++] = (struct lds_note){LDS_ENCODING, 0, 0x6e};
		return rc;
	}
	put_number(s, "PACE", i.pace_count);
	put_number(s, "chip_authentication", i.ca_count);
	put_number(s, "chip_keys", i.key_count);
	put_flag(s, "active_authentication", i.active_authentication);
	put_flag(s, "terminal_authentication", i.terminal_authentication);
	put_number(s, "malformed_entries", i.malformed);
	n->unknown = i.unknown_count;
	return 0;
}

static int show_key(struct show *s, struct emrtd_bytes f, struct lds_notes *n)
{
	static const char *const names[] = {
		[LDS_KEY_UNKNOWN] = "unknown", [LDS_KEY_RSA] = "RSA", [LDS_KEY_EC] = "elliptic curve"};
	struct lds_dg15 d;
	int rc = lds_dg15(f, &d, n);
	put_string(s, "key", names[d.kind]);
	put_number(s, "bits", d.bits);
	if (d.curve.size > 0)
		put_bytes(s, "curve", d.curve);
	return rc;
}

static int show_group(struct show *s, unsigned group, struct emrtd_bytes f)
{
	struct lds_notes n = {.count = 0};
	struct emrtd_bytes content;
	char name[8];
	int rc = 0;
	snprintf(name, sizeof name, "DG%u", group);
	begin_group(s, name);
	switch (group) {
	case 1:
		rc = show_zone(s, f, &n);
		break;
	case 2:
		rc = show_faces(s, f, &n);
		break;
	case 5:
	case 7:
		rc = show_displayed(s, f, group, &n);
		break;
	case 11:
		rc = show_holder(s, f, &n);
		break;
	case 12:
		rc = show_document(s, f, &n);
		break;
	case 13:
		rc = lds_dg13(f, &content, &n);
		put_bytes(s, "content", content);
		break;
	case 14:
		rc = show_security(s, f, &n);
		break;
	case 15:
		rc = show_key(s, f, &n);
		break;
	case 16:
		rc = show_persons(s, f, &n);
		break;
	default: /* finger, iris and groups that the standard leaves open: not looked into */
		put_number(s, "bytes", f.size);
		break;
	}
	end_group(s, &n, rc);
	return rc;
}

/* The files that are no data groups, where given. */
struct common {
	const char *option, *name;
	int (*show)(struct show *, struct emrtd_bytes, struct lds_notes *);
	uint8_t *bytes;
	size_t size;
};

static int load_common(struct cli *cli, struct common *c)
{
	const char *path = cli_value(cli, c->option);
	return path != NULL ? document_load(cli, path, DOCUMENT_FILE_MAX, &c->bytes, &c->size) : CLI_OK;
}

static bool show_common(struct show *s, const struct common *c)
{
	struct lds_notes n = {.count = 0};
	if (c->bytes == NULL)
		return true;
	begin_group(s, c->name);
	int rc = c->show(s, (struct emrtd_bytes){c->bytes, c->size}, &n);
	end_group(s, &n, rc);
	return rc == 0;
}

/* The most recent face's image, as the document has it. */
static int write_image(struct cli *cli, struct emrtd_bytes dg2)
{
	const char *path = cli_value(cli, "image");
	struct lds_notes n;
	struct lds_dg2 d;
	if (path == NULL)
		return CLI_OK;
	if (dg2.bytes == NULL)
		return cli_fail(cli, CLI_USAGE, "--image %s: expected --dg 2=FILE", path);
	if (lds_dg2(dg2, &d, &n) != 0)
		return cli_fail(cli, CLI_FINDING, "--image %s: DG2 holds no image", path);
	struct emrtd_bytes image = d.face[0].picture.bytes;
	FILE *out = fopen(path, "wxe");
	bool ok = out != NULL && fchmod(fileno(out), 0600) == 0 && fwrite(image.bytes, 1, image.size, out) == image.size;
	if (out != NULL)
		ok = fclose(out) == 0 && ok;
	return ok ? CLI_OK : cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, strerror(errno));
}

/* Everything is loaded; true: each file holds what it must. */
static bool show_all(struct show *s, const struct common common[2], const struct document_groups *g)
{
	bool complete = true;
	if (s->cli->json) {
		json_begin(&s->j, s->cli->out, true);
		json_array(&s->j, NULL);
	}
	for (size_t i = 0; i < 2; i++)
		complete = show_common(s, &common[i]) && complete;
	for (unsigned n = 1; n < SOD_GROUPS; n++)
		if (g->bytes[n] != NULL)
			complete = show_group(s, n, (struct emrtd_bytes){g->bytes[n], g->size[n]}) == 0 && complete;
	if (s->cli->json) {
		json_end_array(&s->j);
		json_finish(&s->j);
	}
	return complete;
}

int document_show_command(struct cli *cli)
{
	struct common common[2] = {
		{.option = "com", .name = "EF.COM", .show = show_com},
		{.option = "atr-info", .name = "EF.ATR/INFO", .show = show_atr_info},
	};
	struct document_groups g = {.bytes = {NULL}};
	struct show s = {.cli = cli};
	int r = document_load_groups(cli, &g);
	for (size_t i = 0; i < 2 && r == CLI_OK; i++)
		r = load_common(cli, &common[i]);
	if (r == CLI_OK)
		r = write_image(cli, (struct emrtd_bytes){g.bytes[2], g.size[2]});
	if (r == CLI_OK && !show_all(&s, common, &g))
		r = CLI_FINDING;
	for (size_t i = 0; i < 2; i++)
		free(common[i].bytes);
	document_free_groups(&g);
	return r;
}
