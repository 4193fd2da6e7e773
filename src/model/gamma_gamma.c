/*-------------------------------------------------------------------------
 *
 * gamma_gamma.c
 *	  Gamma-gamma: the amount of an order.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

const ClvFamily clv_family_gamma_gamma = {
	.name = "gamma-gamma",
	.title = "Gamma-gamma (Fader, Hardie and Lee 2005; Fader and Hardie 2013)",
	.kind = CLV_SPEND,
	.parameter_count = 3,
	.parameter = {
		CLV_SHAPE("p", "shape of one customer's amounts"),
		{.name = "q", .lower = CLV_SMALLEST, .upper = CLV_LARGEST, .fit_lower = 1e-6, .fit_upper = 1e6,
		.offset = 1, .meaning = "shape of the scales over customers; the mean of the base exists for q > 1"},
		{.name = "gamma", .alias = "v", .lower = CLV_SMALLEST, .upper = CLV_LARGEST, .fit_lower = 1e-9, .fit_upper = 1e9,
		.unit_power = 1, .meaning = "scale of the amounts: the base spends p gamma / (q - 1) per order"},
	},
};
