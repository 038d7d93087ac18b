"""Options of Flower, read by Flower itself: `celery -A config.celery_app flower --conf=config/flowerconfig.py`.

The broker comes from `OCRFLEET_REDIS_URL`, through the Celery application; users from `FLOWER_BASIC_AUTH=user:password`
or `--basic-auth`. What is set here overrules the environment's `FLOWER_<OPTION>`; the command line overrules both.
"""

from tornado.options import options

if not (options.basic_auth or options.auth):
    # Flower would start all the same and show every worker and job to whoever asks.
    raise SystemExit("Flower has no password. Set FLOWER_BASIC_AUTH=user:password, or pass --basic-auth=user:password.")

address = "127.0.0.1"  # its own default is every address; in a container --address says otherwise
# The history outlives a restart, and a crash too: without an interval Flower saves only when it stops.
persistent = True
state_save_interval = 60_000  # ms

max_tasks = 50_000
purge_offline_workers = 3600  # s; spot machines come back under new names
# A document that failed is no failed task: its result says so. All tasks have one name.
tasks_columns = "args,result,state,received,runtime,worker,uuid"
natural_time = True
