# Distribution of camera motion, for the recipe and the motion network.
from mmasgan.layers import CameraMotionPrior

motion_prior = dict(
    type=CameraMotionPrior,
    styles=dict(
        # ours: GoPro. In blurred training frames, path lengths have a median
        # of 13 to 22 pixels and a 90th percentile of 33. Paths are nearly
        # straight, and faster before or after the middle.
        carried=dict(
            weight=0.5,
            length=(0, 45),
            skew=1.3,
            shake=(0, 0.3),
            acceleration=0.6,
            gamma=(1, 1, 2.2),
            object_probability=0.35,
        ),
        # ours: hand-held photographs, averaged in linear light.
        hand=dict(
            weight=0.35,
            length=(2, 32),
            shake=(0.3, 1),
            acceleration=0.3,
            gamma=(2.2,),
        ),
        # ours: blur so slight that it is hard to tell from a sharp image.
        slight=dict(
            weight=0.15,
            length=(0, 8),
            shake=(0, 0.6),
            acceleration=0.3,
            gamma=(1, 2.2),
        ),
    ),
    still=0.06,
    taps=(11, 21),
)
