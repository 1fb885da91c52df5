from mmagic.engine.optimizers import MultiOptimWrapperConstructor
from mmagic.engine.runner import MultiTestLoop, MultiValLoop
from mmengine.optim import OptimWrapper
from torch.optim import Adam

from mmasgan.engine import FinalDecayLR, ResumingTrainLoop

# ours: the paper gives no schedule. These are the 150 + 150 epochs of
# DeblurGAN, over the half of GoPro's training images that is one domain.
train_cfg = dict(
    type=ResumingTrainLoop, max_iters=300_000, val_interval=10_000
)
val_cfg = dict(type=MultiValLoop)
test_cfg = dict(type=MultiTestLoop)

optim_wrapper = dict(
    constructor=MultiOptimWrapperConstructor,
    generators=dict(
        type=OptimWrapper,
        optimizer=dict(type=Adam, lr=1e-4, betas=(0.5, 0.999)),  # DeblurGAN
    ),
    discriminators=dict(
        type=OptimWrapper,
        optimizer=dict(type=Adam, lr=1e-4, betas=(0.5, 0.999)),  # DeblurGAN
    ),
)
param_scheduler = [
    dict(type=FinalDecayLR, portion=0.5, by_epoch=False)  # DeblurGAN
]
