"""Class names of public segmentation models, in the order of channels.

The names are those of the data sets, with underscores for spaces.
"""

__all__ = ['CLASS_NAMES']

NAMES = {
    # Cityscapes, train ids 0 to 18
    'cityscapes': """
        road sidewalk building wall fence pole traffic_light
        traffic_sign vegetation terrain sky person rider car truck bus
        train motorcycle bicycle
    """,
    # Pascal VOC, used by torchvision's models
    'voc': """
        background aeroplane bicycle bird boat bottle bus car cat chair
        cow diningtable dog horse motorbike person pottedplant sheep
        sofa train tvmonitor
    """,
    # ADE20K, 150 classes of the scene parsing benchmark
    'ade20k': """
        wall building sky floor tree ceiling road bed windowpane grass
        cabinet sidewalk person earth door table mountain plant curtain
        chair car water painting sofa shelf house sea mirror rug field
        armchair seat fence desk rock wardrobe lamp bathtub railing
        cushion base box column signboard chest_of_drawers counter sand
        sink skyscraper fireplace refrigerator grandstand path stairs
        runway case pool_table pillow screen_door stairway river bridge
        bookcase blind coffee_table toilet flower book hill bench
        countertop stove palm kitchen_island computer swivel_chair boat
        bar arcade_machine hovel bus towel light truck tower chandelier
        awning streetlight booth television_receiver airplane
        dirt_track apparel pole land bannister escalator ottoman bottle
        buffet poster stage van ship fountain conveyer_belt canopy
        washer plaything swimming_pool stool barrel basket waterfall
        tent bag minibike cradle oven ball food step tank trade_name
        microwave pot animal bicycle lake dishwasher screen blanket
        sculpture hood sconce vase traffic_light tray ashcan fan pier
        crt_screen plate monitor bulletin_board shower radiator glass
        clock flag
    """,
    # COCO-Stuff, 80 things and 91 stuff classes
    'coco_stuff': """
        person bicycle car motorcycle airplane bus train truck boat
        traffic_light fire_hydrant stop_sign parking_meter bench bird
        cat dog horse sheep cow elephant bear zebra giraffe backpack
        umbrella handbag tie suitcase frisbee skis snowboard
        sports_ball kite baseball_bat baseball_glove skateboard
        surfboard tennis_racket bottle wine_glass cup fork knife spoon
        bowl banana apple sandwich orange broccoli carrot hot_dog pizza
        donut cake chair couch potted_plant bed dining_table toilet tv
        laptop mouse remote keyboard cell_phone microwave oven toaster
        sink refrigerator book clock vase scissors teddy_bear
        hair_drier toothbrush banner blanket branch bridge
        building-other bush cabinet cage cardboard carpet ceiling-other
        ceiling-tile cloth clothes clouds counter cupboard curtain
        desk-stuff dirt door-stuff fence floor-marble floor-other
        floor-stone floor-tile floor-wood flower fog food-other fruit
        furniture-other grass gravel ground-other hill house leaves
        light mat metal mirror-stuff moss mountain mud napkin net paper
        pavement pillow plant-other plastic platform playingfield
        railing railroad river road rock roof rug salad sand sea shelf
        sky-other skyscraper snow solid-other stairs stone straw
        structural-other table tent textile-other towel tree vegetable
        wall-brick wall-concrete wall-other wall-panel wall-stone
        wall-tile wall-wood water-other waterdrops window-blind
        window-other wood
    """,
    # OutdoorSceneSeg of SFTGAN
    'outdoor': """
        background sky water grass mountain building plant animal
    """,
}
CLASS_NAMES = {key: tuple(names.split()) for key, names in NAMES.items()}
CLASS_NAMES['cityscapes_background'] = (
    *CLASS_NAMES['cityscapes'],
    'background',
)
