/* SPDX-License-Identifier: Apache-2.0
 * Transliteration into the alphabet of the machine readable zone: ICAO Doc 9303-3 section 6, table
 * A (Latin), B (Cyrillic), C (Arabic); Greek by ELOT 743. Where a table allows several forms the
 * first stands here, and match_fold makes the others the same. Presentation forms are the letters
 * that they show (forms.def). Must never pass on a letter that no
 * table has.
 */
#include <string.h>

#include "forms.h"
#include "match/match.h"

/* U+00C0 to U+017F, capitals and small letters alike. */
static const char *const latin[] = {"A", "A", "A", "A", "AE", "AA", "AE", "C", "E", "E", "E", "E",
	"I", "I", "I", "I", "D", "N", "O", "O", "O", "O", "OE", NULL, "OE", "U", "U", "U", "UE",
	"Y", "TH", "SS", "A", "A", "A", "A", "AE", "AA", "AE", "C", "E", "E", "E", "E", "I", "I",
	"I", "I", "D", "N", "O", "O", "O", "O", "OE", NULL, "OE", "U", "U", "U", "UE", "Y", "TH",
	"Y", "A", "A", "A", "A", "A", "A", "C", "C", "C", "C", "C", "C", "C", "C", "D", "D", "D",
	"D", "E", "E", "E", "E", "E", "E", "E", "E", "E", "E", "G", "G", "G", "G", "G", "G", "G",
	"G", "H", "H", "H", "H", "I", "I", "I", "I", "I", "I", "I", "I", "I", "I", "IJ", "IJ", "J",
	"J", "K", "K", "Q", "L", "L", "L", "L", "L", "L", "L", "L", "L", "L", "N", "N", "N", "N",
	"N", "N", "N", "N", "N", "O", "O", "O", "O", "O", "O", "OE", "OE", "R", "R", "R", "R", "R",
	"R", "S", "S", "S", "S", "S", "S", "S", "S", "T", "T", "T", "T", "T", "T", "U", "U", "U",
	"U", "U", "U", "U", "U", "U", "U", "U", "U", "W", "W", "Y", "Y", "Y", "Z", "Z", "Z", "Z",
	"Z", "Z", "S"};

/* U+0400 to U+042F: capitals; the small letters are mapped onto them. */
static const char *const cyrillic[] = {"E", "E", "D", "G", "IE", "DZ", "I", "I", "J", "LJ", "NJ",
	"C", "K", "I", "U", "DZ", "A", "B", "V", "G", "D", "E", "ZH", "Z", "I", "I", "K", "L", "M",
	"N", "O", "P", "R", "S", "T", "U", "F", "KH", "TS", "CH", "SH", "SHCH", "IE", "Y", "", "E",
	"IU", "IA"};

/* U+0391 to U+03A9. */
static const char *const greek[] = {"A", "V", "G", "D", "E", "Z", "I", "TH", "I", "K", "L", "M",
	"N", "X", "O", "P", "R", NULL, "S", "T", "Y", "F", "CH", "PS", "O"};

/* U+0621 to U+063A and U+0641 to U+0652 (vowel signs are not written). */
static const char *const arabic_a[] = {"XE", "XAA", "XAE", "U", "I", "XI", "A", "B", "XTA", "T",
	"XTH", "J", "XH", "XKH", "D", "XDH", "R", "Z", "S", "XSH", "XSS", "XDZ", "XTT", "XZZ", "E",
	"G"};
static const char *const arabic_b[] = {
	"F", "Q", "K", "L", "M", "N", "H", "W", "XAY", "Y", "", "", "", "", "", "", "", ""};

struct letter {
	uint32_t code;
	const char *zone;
};

/* In order of code. */
static const struct letter others[] = {{0x18F, "E"}, {0x1A0, "O"}, {0x1A1, "O"}, {0x1AF, "U"},
	{0x1B0, "U"}, {0x1C4, "DZ"}, {0x1C6, "DZ"}, {0x1CD, "A"}, {0x1CE, "A"}, {0x1E6, "G"},
	{0x1E7, "G"}, {0x218, "S"}, {0x219, "S"}, {0x21A, "T"}, {0x21B, "T"}, {0x259, "E"},
	{0x386, "A"}, {0x388, "E"}, {0x389, "I"}, {0x38A, "I"}, {0x38C, "O"}, {0x38E, "Y"},
	{0x38F, "O"}, {0x390, "I"}, {0x3AA, "I"}, {0x3AB, "Y"}, {0x3AC, "A"}, {0x3AD, "E"},
	{0x3AE, "I"}, {0x3AF, "I"}, {0x3B0, "Y"}, {0x3C2, "S"}, {0x3CA, "I"}, {0x3CB, "Y"},
	{0x3CC, "O"}, {0x3CD, "Y"}, {0x3CE, "O"}, {0x46A, "U"}, {0x46B, "U"}, {0x474, "Y"},
	{0x475, "Y"}, {0x490, "G"}, {0x491, "G"}, {0x492, "F"}, {0x493, "F"}, {0x4BA, "C"},
	{0x4BB, "C"}, {0x640, ""}, {0x670, "A"}, {0x671, "XXA"}, {0x679, "XXT"}, {0x67C, "XRT"},
	{0x67E, "P"}, {0x681, "XKE"}, {0x685, "XXH"}, {0x686, "XC"}, {0x688, "XXD"}, {0x689, "XDR"},
	{0x691, "XXR"}, {0x693, "XRR"}, {0x696, "XRX"}, {0x698, "XJ"}, {0x69A, "XXS"},
	{0x6A9, "XKK"}, {0x6AB, "XXK"}, {0x6AD, "XNG"}, {0x6AF, "XGG"}, {0x6BA, "XNN"},
	{0x6BC, "XXN"}, {0x6BE, "XDO"}, {0x6C0, "XYH"}, {0x6C1, "XXG"}, {0x6C2, "XGE"},
	{0x6C3, "XTG"}, {0x6CC, "XYA"}, {0x6CD, "XXY"}, {0x6D0, "Y"}, {0x6D2, "XYB"},
	{0x6D3, "XBE"}};

static const char *of_table(const char *const *table, size_t count, uint32_t from, uint32_t code)
{
	return code >= from && code - from < count ? table[code - from] : NULL;
}

static const char *of_others(uint32_t code)
{
	size_t low = 0, high = PN_COUNT(others);
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (others[middle].code == code)
			return others[middle].zone;
		if (others[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Latin letters with the marks of Vietnamese, by base letter. */
static const char *of_vietnamese(uint32_t code)
{
	if (code == 0x1E9E)
		return "SS";
	if (code < 0x1EA0 || code > 0x1EF9)
		return NULL;
	return code < 0x1EB8   ? "A"
	       : code < 0x1EC8 ? "E"
	       : code < 0x1ECC ? "I"
	       : code < 0x1EE4 ? "O"
	       : code < 0x1EF2 ? "U"
			       : "Y";
}

static const char *of_letter(uint32_t code)
{
	const char *zone;
	if (code >= 0x430 && code <= 0x44F)
		code -= 0x20;
	else if (code >= 0x450 && code <= 0x45F)
		code -= 0x50;
	else if (code >= 0x3B1 && code <= 0x3C9 && code != 0x3C2)
		code -= 0x20;
	if ((zone = of_table(latin, PN_COUNT(latin), 0xC0, code)) != NULL ||
		(zone = of_table(cyrillic, PN_COUNT(cyrillic), 0x400, code)) != NULL ||
		(zone = of_table(greek, PN_COUNT(greek), 0x391, code)) != NULL ||
		(zone = of_table(arabic_a, PN_COUNT(arabic_a), 0x621, code)) != NULL ||
		(zone = of_table(arabic_b, PN_COUNT(arabic_b), 0x641, code)) != NULL ||
		(zone = of_others(code)) != NULL)
		return zone;
	return of_vietnamese(code);
}

static const uint32_t CODE_BAD = 0xFFFFFFFF;

/* The next code point; RFC 3629: no overlong form, no surrogate, none above U+10FFFF. */
static uint32_t next_code(const unsigned char **at)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = *at;
	uint32_t code;
	unsigned n = s[0] < 0x80             ? 1
		     : (s[0] & 0xE0) == 0xC0 ? 2
		     : (s[0] & 0xF0) == 0xE0 ? 3
		     : (s[0] & 0xF8) == 0xF0 ? 4
					     : 0;
	if (n == 0)
		return CODE_BAD;
	code = n == 1 ? s[0] : s[0] & (0x7Fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return CODE_BAD;
		code = code << 6 | (s[i] & 0x3F);
	}
	if (code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return CODE_BAD;
	*at = s + n;
	return code;
}

static bool goes(uint32_t c)
{
	return c == '\'' || c == '.' || c == '`' || c == 0xB4 || (c >= 0x2B9 && c <= 0x2BF) ||
	       c == 0x2018 || c == 0x2019 || (c >= 0x300 && c <= 0x36F) ||
	       (c >= 0x200B && c <= 0x200F) || c == 0xAD || c == 0xFEFF ||
	       (c >= 0x64B && c <= 0x65F);
}

static bool separates(uint32_t c)
{
	return c == 0xA0 || (c >= 0x2010 && c <= 0x2015) || c == 0x2000 ||
	       (c >= 0x2002 && c <= 0x200A) || c == 0x202F || c == 0x3000 || c == 0x60C ||
	       c == 0x201C || c == 0x201D || c == 0xAB || c == 0xBB || c == 0xB7;
}

/* What one code point is in the zone: letters, " " between words, "" for nothing, NULL unknown. */
static const char *zone_of(uint32_t code, char ascii[2])
{
	if (code < 0x80) {
		unsigned char c = (unsigned char)code;
		ascii[1] = '\0';
		if (c >= 'a' && c <= 'z')
			c = (unsigned char)(c - 'a' + 'A');
		ascii[0] = c >= 'A' && c <= 'Z' ? (char)c : ' ';
		return goes(code) ? "" : ascii;
	}
	if (goes(code))
		return "";
	if (separates(code))
		return " ";
	return of_letter(code);
}

struct zone {
	char *out;
	size_t size, n;
	uint32_t before; /* the letter that came last */
};

static int put_zone(struct zone *z, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		if (*letters == ' ' && (z->n == 0 || z->out[z->n - 1] == ' '))
			continue;
		if (z->n + 1 >= z->size)
			return PN_ELIMIT;
		z->out[z->n++] = *letters;
	}
	return PN_OK;
}

static int put_letter(struct zone *z, uint32_t code)
{
	char ascii[2];
	const char *letters = zone_of(code, ascii);
	if (letters == NULL)
		return PN_EFORMAT;
	/* Greek omicron and upsilon are one sound: ELOT 743 OU */
	if ((z->before == 0x39F || z->before == 0x3BF) &&
		(code == 0x3A5 || code == 0x3C5 || code == 0x3CD || code == 0x38E))
		letters = "U";
	z->before = code;
	return put_zone(z, letters);
}

static int put_code(struct zone *z, uint32_t code)
{
	uint16_t letters[MATCH_FORM_LETTERS];
	int n = code >= 0xFB50 && code < 0xFEFF ? match_form_letters(code, letters) : -1;
	int r = n < 0 ? put_letter(z, code) : PN_OK;
	for (int i = 0; i < n && r == PN_OK; i++)
		r = put_letter(z, letters[i]);
	return r;
}

int match_transliterate(const char *utf8, char *out, size_t size)
{
	const unsigned char *at = (const unsigned char *)utf8;
	struct zone z = {.out = out, .size = size};
	int r = PN_OK;
	out[0] = '\0';
	for (uint32_t code; r == PN_OK && *at != '\0';) {
		/* nearly all of a list is in the zone's letters already */
		if (*at >= 'A' && *at <= 'Z' && z.n + 1 < size) {
			out[z.n++] = (char)(z.before = *at++);
			continue;
		}
		code = next_code(&at);
		r = code == CODE_BAD ? PN_EFORMAT : put_code(&z, code);
	}
	if (r != PN_OK) {
		explicit_bzero(out, size);
		return r;
	}
	while (z.n > 0 && out[z.n - 1] == ' ')
		z.n--;
	out[z.n] = '\0';
	return PN_OK;
}
