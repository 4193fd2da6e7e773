/*-------------------------------------------------------------------------
 *
 * bgnbd.c
 *	  BG/NBD: drop-out after an order, never before the first repeat order.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"
#include "model/parameter.h"
#include "model/simulate.h"

#define BG_MEMBER(name) bgnbd_##name
#define BG_PROCESS(parameters) ((ClvBg) {1, 0})
#define BG_SHARED(parameters) (parameters)
#define BG_LOG_LIKELIHOOD clv_bg_log_likelihood
#define BG_MEMORYLESS
#include "model/bg_members.h"

const ClvFamily clv_family_bgnbd = {
	.name = "bg/nbd",
	.title = "BG/NBD (Fader, Hardie and Lee 2005)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 4,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("a", "shape of the drop-out probabilities: a / (a + b) on average; 0: nobody leaves"),
		CLV_SHAPE("b", "shape of the drop-out probabilities"),
	},
	.relation = {{1, 0, 1}, {2, 3, 1}},
	.log_likelihood = bgnbd_log_likelihood,
	.start = bgnbd_start,
	.degenerate = clv_bg_degenerate,
	.nested = &clv_family_nbd,
	.embed = clv_bg_embed,
	.p_alive = bgnbd_p_alive,
	.expected_orders = bgnbd_expected_orders,
	.orders_if_alive = bgnbd_orders_if_alive,
	.expected_orders_new = bgnbd_expected_orders_new,
	.order_probability = bgnbd_order_probability,
	.order_probabilities = bgnbd_order_probabilities,
	.order_probability_new = bgnbd_order_probability_new,
	.dert = bgnbd_dert,
	.dert_if_alive = bgnbd_dert_if_alive,
	.age_origin = bgnbd_age_origin,
	.simulate_start = bgnbd_simulate_start,
	.simulate_next = bgnbd_simulate_next,
};
