"""What bitsandbytes' 8-bit optimizers remember beyond the training that they are for."""

import sys


def forget_embeddings(*, frozen_alone: bool = False) -> None:
    """Empty bitsandbytes' list of embeddings that are trained in 32 bits; with `frozen_alone` of those that are not.

    transformers adds every embedding of a model that gets an 8-bit optimizer, trained or not, and nothing takes them
    off: the list is the process's own. A frozen base would never be freed (half a gigabyte for a model of a billion
    parameters, each time that it is loaded again).

    The optimizer notes these by their places among its parameters, and by addresses, also for the process: in the next
    training whatever is at such a place, or comes to lie there, would have 32 bits as well.
    """
    bitsandbytes = sys.modules.get("bitsandbytes")
    if bitsandbytes is None:
        return
    manager = bitsandbytes.optim.GlobalOptimManager.get_instance()
    manager.module_weight_config_triple = [
        (module, name, options)
        for module, name, options in manager.module_weight_config_triple
        if frozen_alone and getattr(module, name).requires_grad
    ]
    if not frozen_alone:
        manager.index2config.clear()
        manager.pid2config.clear()
