/*-------------------------------------------------------------------------
 *
 * sbg.c
 *	  sBG: subscriptions whose chance of renewal differs between customers.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

const ClvFamily clv_family_sbg = {
	.name = "sbg",
	.title = "sBG (Fader and Hardie 2007)",
	.kind = CLV_RENEWALS,
	.parameter_count = 2,
	.parameter = {
		CLV_DROPOUT_SHAPE("alpha", "shape of the churn probabilities: alpha / (alpha + beta) on average; 0: nobody leaves"),
		CLV_SHAPE("beta", "shape of the churn probabilities"),
	},
};
