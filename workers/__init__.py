"""The node: takes jobs, reads pages, asks the model, decides, writes results."""
