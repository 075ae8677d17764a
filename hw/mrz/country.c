/* SPDX-License-Identifier: Apache-2.0
 * Codes of issuing States, organizations and nationalities: ICAO Doc 9303-3 (8th edition) section
 * 5, which adopts ISO 3166-1 alpha-3 and adds to it. Section 5 gives Germany "D"; ISO's DEU is
 * therefore only "in use" here. Left out because no published source was found: IAO, XCT, ZIM, WSA,
 * INP (the last one was INTERPOL's before XPO). Must stay sorted by code (the test of the table
 * checks it): the lookup is a binary search.
 */
#include "mrz.h"
#include <string.h>

/* clang-format off */
#define I MRZ_ISO, true
static const struct mrz_country countries[] = {
	{ "ABW", "AW", I }, { "AFG", "AF", I }, { "AGO", "AO", I }, { "AIA", "AI", I },
	{ "ALA", "AX", I }, { "ALB", "AL", I }, { "AND", "AD", I },
	{ "ANT", "AN", MRZ_WITHDRAWN, true }, /* Netherlands Antilles, until 2010 */
	{ "ARE", "AE", I }, { "ARG", "AR", I }, { "ARM", "AM", I }, { "ASM", "AS", I },
	{ "ATA", "AQ", I }, { "ATF", "TF", I }, { "ATG", "AG", I }, { "AUS", "AU", I },
	{ "AUT", "AT", I }, { "AZE", "AZ", I }, { "BDI", "BI", I }, { "BEL", "BE", I },
	{ "BEN", "BJ", I }, { "BES", "BQ", I }, { "BFA", "BF", I }, { "BGD", "BD", I },
	{ "BGR", "BG", I }, { "BHR", "BH", I }, { "BHS", "BS", I }, { "BIH", "BA", I },
	{ "BLM", "BL", I }, { "BLR", "BY", I }, { "BLZ", "BZ", I }, { "BMU", "BM", I },
	{ "BOL", "BO", I }, { "BRA", "BR", I }, { "BRB", "BB", I }, { "BRN", "BN", I },
	{ "BTN", "BT", I }, { "BVT", "BV", I }, { "BWA", "BW", I }, { "CAF", "CF", I },
	{ "CAN", "CA", I }, { "CCK", "CC", I }, { "CHE", "CH", I }, { "CHL", "CL", I },
	{ "CHN", "CN", I }, { "CIV", "CI", I }, { "CMR", "CM", I }, { "COD", "CD", I },
	{ "COG", "CG", I }, { "COK", "CK", I }, { "COL", "CO", I }, { "COM", "KM", I },
	{ "CPV", "CV", I }, { "CRI", "CR", I }, { "CUB", "CU", I }, { "CUW", "CW", I },
	{ "CXR", "CX", I }, { "CYM", "KY", I }, { "CYP", "CY", I }, { "CZE", "CZ", I },
	{ "D", "DE", MRZ_ICAO, true }, /* Germany: printed D<< */
	{ "DEU", "DE", MRZ_IN_USE, true }, { "DJI", "DJ", I }, { "DMA", "DM", I }, { "DNK", "DK", I },
	{ "DOM", "DO", I }, { "DZA", "DZ", I }, { "ECU", "EC", I }, { "EGY", "EG", I },
	{ "ERI", "ER", I }, { "ESH", "EH", I }, { "ESP", "ES", I }, { "EST", "EE", I },
	{ "ETH", "ET", I },
	{ "EUE", "EU", MRZ_ICAO, true }, /* European Union laissez-passer (part B) */
	{ "FIN", "FI", I }, { "FJI", "FJ", I }, { "FLK", "FK", I }, { "FRA", "FR", I },
	{ "FRO", "FO", I }, { "FSM", "FM", I }, { "GAB", "GA", I },
	{ "GBD", "GB", MRZ_ICAO, true }, /* British Overseas Territories citizen */
	{ "GBN", "GB", MRZ_ICAO, true }, /* British National (Overseas) */
	{ "GBO", "GB", MRZ_ICAO, true }, /* British Overseas citizen */
	{ "GBP", "GB", MRZ_ICAO, true }, /* British protected person */
	{ "GBR", "GB", I },
	{ "GBS", "GB", MRZ_ICAO, true }, /* British subject */
	{ "GEO", "GE", I }, { "GGY", "GG", I }, { "GHA", "GH", I }, { "GIB", "GI", I },
	{ "GIN", "GN", I }, { "GLP", "GP", I }, { "GMB", "GM", I }, { "GNB", "GW", I },
	{ "GNQ", "GQ", I }, { "GRC", "GR", I }, { "GRD", "GD", I }, { "GRL", "GL", I },
	{ "GTM", "GT", I }, { "GUF", "GF", I }, { "GUM", "GU", I }, { "GUY", "GY", I },
	{ "HKG", "HK", I }, { "HMD", "HM", I }, { "HND", "HN", I }, { "HRV", "HR", I },
	{ "HTI", "HT", I }, { "HUN", "HU", I }, { "IDN", "ID", I }, { "IMN", "IM", I },
	{ "IND", "IN", I }, { "IOT", "IO", I }, { "IRL", "IE", I }, { "IRN", "IR", I },
	{ "IRQ", "IQ", I }, { "ISL", "IS", I }, { "ISR", "IL", I }, { "ITA", "IT", I },
	{ "JAM", "JM", I }, { "JEY", "JE", I }, { "JOR", "JO", I }, { "JPN", "JP", I },
	{ "KAZ", "KZ", I }, { "KEN", "KE", I }, { "KGZ", "KG", I }, { "KHM", "KH", I },
	{ "KIR", "KI", I }, { "KNA", "KN", I }, { "KOR", "KR", I }, { "KWT", "KW", I },
	{ "LAO", "LA", I }, { "LBN", "LB", I }, { "LBR", "LR", I }, { "LBY", "LY", I },
	{ "LCA", "LC", I }, { "LIE", "LI", I }, { "LKA", "LK", I }, { "LSO", "LS", I },
	{ "LTU", "LT", I }, { "LUX", "LU", I }, { "LVA", "LV", I }, { "MAC", "MO", I },
	{ "MAF", "MF", I }, { "MAR", "MA", I }, { "MCO", "MC", I }, { "MDA", "MD", I },
	{ "MDG", "MG", I }, { "MDV", "MV", I }, { "MEX", "MX", I }, { "MHL", "MH", I },
	{ "MKD", "MK", I }, { "MLI", "ML", I }, { "MLT", "MT", I }, { "MMR", "MM", I },
	{ "MNE", "ME", I }, { "MNG", "MN", I }, { "MNP", "MP", I }, { "MOZ", "MZ", I },
	{ "MRT", "MR", I }, { "MSR", "MS", I }, { "MTQ", "MQ", I }, { "MUS", "MU", I },
	{ "MWI", "MW", I }, { "MYS", "MY", I }, { "MYT", "YT", I }, { "NAM", "NA", I },
	{ "NCL", "NC", I }, { "NER", "NE", I }, { "NFK", "NF", I }, { "NGA", "NG", I },
	{ "NIC", "NI", I }, { "NIU", "NU", I }, { "NLD", "NL", I }, { "NOR", "NO", I },
	{ "NPL", "NP", I }, { "NRU", "NR", I },
	{ "NTZ", "", MRZ_WITHDRAWN, true }, /* Neutral Zone; in editions of Doc 9303 before the 8th */
	{ "NZL", "NZ", I }, { "OMN", "OM", I }, { "PAK", "PK", I }, { "PAN", "PA", I },
	{ "PCN", "PN", I }, { "PER", "PE", I }, { "PHL", "PH", I }, { "PLW", "PW", I },
	{ "PNG", "PG", I }, { "POL", "PL", I }, { "PRI", "PR", I }, { "PRK", "KP", I },
	{ "PRT", "PT", I }, { "PRY", "PY", I }, { "PSE", "PS", I }, { "PYF", "PF", I },
	{ "QAT", "QA", I }, { "REU", "RE", I },
	{ "RKS", "KS", MRZ_IN_USE, true }, /* Kosovo; not in Doc 9303, its certificates say KS */
	{ "ROU", "RO", I }, { "RUS", "RU", I }, { "RWA", "RW", I }, { "SAU", "SA", I },
	{ "SCG", "CS", MRZ_WITHDRAWN, true }, /* Serbia and Montenegro, until 2006 */
	{ "SDN", "SD", I }, { "SEN", "SN", I }, { "SGP", "SG", I }, { "SGS", "GS", I },
	{ "SHN", "SH", I }, { "SJM", "SJ", I }, { "SLB", "SB", I }, { "SLE", "SL", I },
	{ "SLV", "SV", I }, { "SMR", "SM", I }, { "SOM", "SO", I }, { "SPM", "PM", I },
	{ "SRB", "RS", I }, { "SSD", "SS", I }, { "STP", "ST", I },
	{ "SUN", "SU", MRZ_WITHDRAWN, true }, /* USSR, until 1992 */
	{ "SUR", "SR", I }, { "SVK", "SK", I }, { "SVN", "SI", I }, { "SWE", "SE", I },
	{ "SWZ", "SZ", I }, { "SXM", "SX", I }, { "SYC", "SC", I }, { "SYR", "SY", I },
	{ "TCA", "TC", I }, { "TCD", "TD", I }, { "TGO", "TG", I }, { "THA", "TH", I },
	{ "TJK", "TJ", I }, { "TKL", "TK", I }, { "TKM", "TM", I }, { "TLS", "TL", I },
	{ "TMP", "TP", MRZ_WITHDRAWN, true }, /* East Timor, until 2002 */
	{ "TON", "TO", I }, { "TTO", "TT", I }, { "TUN", "TN", I }, { "TUR", "TR", I },
	{ "TUV", "TV", I }, { "TWN", "TW", I }, { "TZA", "TZ", I }, { "UGA", "UG", I },
	{ "UKR", "UA", I }, { "UMI", "UM", I },
	{ "UNA", "UN", MRZ_ICAO, true }, /* United Nations specialized agency (part C) */
	{ "UNK", "UN", MRZ_ICAO, true }, /* resident of Kosovo, UNMIK travel document (part C) */
	{ "UNO", "UN", MRZ_ICAO, true }, /* United Nations Organization or its officials (part C) */
	{ "URY", "UY", I }, { "USA", "US", I },
	{ "UTO", "UT", MRZ_SPECIMEN, true }, /* Utopia: specimens of Doc 9303 */
	{ "UZB", "UZ", I }, { "VAT", "VA", I }, { "VCT", "VC", I }, { "VEN", "VE", I },
	{ "VGB", "VG", I }, { "VIR", "VI", I }, { "VNM", "VN", I }, { "VUT", "VU", I },
	{ "WLF", "WF", I }, { "WSM", "WS", I },
	{ "XBA", "", MRZ_ICAO, true }, /* African Development Bank (part D) */
	{ "XCC", "", MRZ_ICAO, true }, /* Caribbean Community (part D) */
	{ "XCE", "", MRZ_ICAO, true }, /* Council of Europe (part D, 8th edition; not confirmed by a second source) */
	{ "XCO", "", MRZ_ICAO, true }, /* Common Market for Eastern and Southern Africa (part D) */
	{ "XDC", "", MRZ_ICAO, true }, /* Southern African Development Community (part D, 8th edition; not confirmed) */
	{ "XEC", "", MRZ_ICAO, true }, /* Economic Community of West African States (part D) */
	{ "XES", "", MRZ_ICAO, true }, /* Organization of Eastern Caribbean States (part D, 8th edition; not confirmed) */
	{ "XIM", "", MRZ_ICAO, true }, /* African Export-Import Bank (part D) */
	{ "XMP", "", MRZ_ICAO, true }, /* Parliamentary Assembly of the Mediterranean (part D, 8th edition; not confirmed) */
	{ "XOM", "", MRZ_ICAO, true }, /* Sovereign Military Order of Malta (part D) */
	{ "XPO", "", MRZ_ICAO, true }, /* INTERPOL (part D) */
	{ "XXA", "", MRZ_ICAO, false }, /* stateless person, 1954 Convention (part E) */
	{ "XXB", "", MRZ_ICAO, false }, /* refugee, 1951 Convention as amended 1967 (part E) */
	{ "XXC", "", MRZ_ICAO, false }, /* refugee, other (part E) */
	{ "XXX", "", MRZ_ICAO, false }, /* unspecified nationality (part E) */
	{ "YEM", "YE", I },
	{ "YUG", "YU", MRZ_WITHDRAWN, true }, /* Yugoslavia, until 2003 */
	{ "ZAF", "ZA", I },
	{ "ZAR", "ZR", MRZ_WITHDRAWN, true }, /* Zaire, until 1997 */
	{ "ZMB", "ZM", I }, { "ZWE", "ZW", I },
};
#undef I
/* clang-format on */

const struct mrz_country *mrz_country(const char *code)
{
	size_t low = 0, high = sizeof(countries) / sizeof(countries[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(code, countries[middle].code);
		if (order == 0)
			return &countries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct mrz_country *mrz_country_of_alpha_2(const char *alpha_2)
{
	const struct mrz_country *other = NULL;
	for (size_t i = 0; alpha_2[0] != '\0' && i < sizeof(countries) / sizeof(countries[0]); i++) {
		if (strcmp(countries[i].alpha_2, alpha_2) != 0)
			continue;
		if (countries[i].source == MRZ_ISO)
			return &countries[i];
		/* Germany, Kosovo: no code of ISO in documents */
		if (other == NULL && countries[i].source != MRZ_WITHDRAWN)
			other = &countries[i];
	}
	return other;
}
