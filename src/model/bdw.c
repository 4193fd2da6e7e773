/*-------------------------------------------------------------------------
 *
 * bdw.c
 *	  BdW: subscriptions whose chance of renewal also changes with time.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

const ClvFamily clv_family_bdw = {
	.name = "bdw",
	.title = "BdW (Fader, Hardie, Liu, Davin and Steenburgh 2018)",
	.kind = CLV_RENEWALS,
	.parameter_count = 3,
	.parameter = {
		CLV_DROPOUT_SHAPE("alpha", "shape of the churn probabilities; 0: nobody leaves"),
		CLV_SHAPE("beta", "shape of the churn probabilities"),
		CLV_SHAPE("c", "c > 1: churn of a customer grows with time, c < 1: it falls, 1 is sBG"),
	},
};
