/*-------------------------------------------------------------------------
 *
 * cnbd.c
 *	  BG/CNBD-k and MBG/CNBD-k: regular buyers, with Erlang-k gaps.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

const ClvFamily clv_family_bgcnbd = {
	.name = "bg/cnbd-k",
	.title = "BG/CNBD-k (Reutterer, Platzer and Schroeder 2021)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 5,
	.parameter = {
		CLV_REGULARITY("k", "regularity: gaps are the sum of k exponential ones; 1 is irregular"),
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("a", "shape of the drop-out probabilities: a / (a + b) on average; 0: nobody leaves"),
		CLV_SHAPE("b", "shape of the drop-out probabilities"),
	},
};

const ClvFamily clv_family_mbgcnbd = {
	.name = "mbg/cnbd-k",
	.title = "MBG/CNBD-k (Reutterer, Platzer and Schroeder 2021)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 5,
	.parameter = {
		CLV_REGULARITY("k", "regularity: gaps are the sum of k exponential ones; 1 is irregular"),
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("a", "shape of the drop-out probabilities: a / (a + b) on average; 0: nobody leaves"),
		CLV_SHAPE("b", "shape of the drop-out probabilities"),
	},
};
