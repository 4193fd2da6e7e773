/*-------------------------------------------------------------------------
 *
 * mbgnbd.c
 *	  MBG/NBD: drop-out after any order, the first included.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"
#include "model/parameter.h"
#include "model/simulate.h"

#define BG_MEMBER(name) mbgnbd_##name
#define BG_PROCESS(parameters) ((ClvBg) {1, 1})
#define BG_SHARED(parameters) (parameters)
#define BG_LOG_LIKELIHOOD clv_bg_log_likelihood
#define BG_MEMORYLESS
#include "model/bg_members.h"

const ClvFamily clv_family_mbgnbd = {
	.name = "mbg/nbd",
	.title = "MBG/NBD (Batislam, Denizel and Filiztekin 2007)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 4,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("a", "shape of the drop-out probabilities: a / (a + b) on average; 0: nobody leaves"),
		CLV_SHAPE("b", "shape of the drop-out probabilities"),
	},
	.relation = {{1, 0, 1}, {2, 3, 1}},
	.log_likelihood = mbgnbd_log_likelihood,
	.start = mbgnbd_start,
	.degenerate = clv_bg_degenerate,
	.nested = &clv_family_nbd,
	.embed = clv_bg_embed,
	.p_alive = mbgnbd_p_alive,
	.expected_orders = mbgnbd_expected_orders,
	.orders_if_alive = mbgnbd_orders_if_alive,
	.expected_orders_new = mbgnbd_expected_orders_new,
	.order_probability = mbgnbd_order_probability,
	.order_probabilities = mbgnbd_order_probabilities,
	.order_probability_new = mbgnbd_order_probability_new,
	.dert = mbgnbd_dert,
	.dert_if_alive = mbgnbd_dert_if_alive,
	.age_origin = mbgnbd_age_origin,
	.simulate_start = mbgnbd_simulate_start,
	.simulate_next = mbgnbd_simulate_next,
};
