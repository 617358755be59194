"""The tables. Rows of facts (votes, boxes, dataset versions, models) are only ever added.

Boxes are normalised xyxy (0..1 of the image's width and height, origin top left). Times are UTC,
stored naive. JSON columns hold small values that no query looks into.
"""

from storage.models.columns import Json as Json
from storage.models.columns import now as now
from storage.models.labelling import Drawing as Drawing
from storage.models.labelling import EditorTask as EditorTask
from storage.models.labelling import Round as Round
from storage.models.labelling import Sheet as Sheet
from storage.models.labelling import Vote as Vote
from storage.models.messages import Message as Message
from storage.models.messages import Seen as Seen
from storage.models.messages import Setting as Setting
from storage.models.people import Chat as Chat
from storage.models.people import Joined as Joined
from storage.models.people import Member as Member
from storage.models.people import Membership as Membership
from storage.models.people import Moved as Moved
from storage.models.people import Notices as Notices
from storage.models.people import Project as Project
from storage.models.people import Skill as Skill
from storage.models.pictures import Box as Box
from storage.models.pictures import Bulk as Bulk
from storage.models.pictures import Dropped as Dropped
from storage.models.pictures import Fingerprint as Fingerprint
from storage.models.pictures import Image as Image
from storage.models.pictures import Shelf as Shelf
from storage.models.pictures import Source as Source
from storage.models.pictures import Track as Track
from storage.models.sharing import HardExample as HardExample
from storage.models.sharing import Share as Share
from storage.models.work import DatasetVersion as DatasetVersion
from storage.models.work import Job as Job
from storage.models.work import Model as Model
from storage.models.work import Schedule as Schedule
from storage.models.work import Upload as Upload
from storage.models.work import Watch as Watch
