"""The public names, and where each is at home: what checkers read, and what is imported late."""

from .drawing.mosaic import Mosaic as Mosaic
from .drawing.variants import Variants as Variants
from .errors import InputError as InputError
from .library.cache import CacheWarning as CacheWarning
from .library.info import CacheInfo as CacheInfo
from .library.info import cache_info as cache_info
from .library.info import clear_cache as clear_cache
from .library.load import load_tiles as load_tiles
from .library.picture import read_image as read_image
from .planning.plan import plan as plan
from .planning.plan import render as render
from .planning.replan import replan as replan
from .reports.bound import Bound as Bound
from .reports.bound import bound as bound
from .reports.compare import compare as compare
from .reports.coverage import Coverage as Coverage
from .reports.coverage import coverage as coverage
from .reports.explore import Explorer as Explorer
from .reports.explore import explore as explore
from .reports.score import Score as Score
from .reports.score import score as score
from .reports.show import show as show
from .tiles import Rejected as Rejected
from .tiles import Tiles as Tiles
from .writers.npz import load_plan as load_plan
from .writers.preflight import Preflight as Preflight
from .writers.preflight import preflight as preflight
from .writers.preflight import tile_side as tile_side
from .writers.save import save as save
from .writers.tiles import save_tiles as save_tiles

__version__: str
