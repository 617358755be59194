"""The 80 classes that COCO-trained weights know, and which of ours they could propose."""

from collections.abc import Sequence

from pipeline.labelling.names import match_classes

# Source: the category list of COCO 2017, in the order ultralytics' weights use.
_LIST = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,"
    "stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,"
    "backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,"
    "baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,"
    "banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,"
    "potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,"
    "oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
)
NAMES = tuple(_LIST.split(","))


def matching(classes: Sequence[str]) -> list[str]:
    """Those of `classes` that COCO knows, by whatever everyday name."""
    return list(match_classes(classes, NAMES).values())
