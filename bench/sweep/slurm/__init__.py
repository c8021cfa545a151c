"""Jobs on a cluster: arrays are submitted through submitit, followed by the queue and by the records they leave."""
