from mmagic.visualization import (
    ConcatImageVisualizer,
    TensorboardVisBackend,
    VisBackend,
)
from mmengine.hooks import (
    DistSamplerSeedHook,
    IterTimerHook,
    LoggerHook,
    ParamSchedulerHook,
)
from mmengine.model import MMSeparateDistributedDataParallel
from mmengine.runner import LogProcessor

from mmasgan.engine import (
    AllRanksCheckpointHook,
    CheckpointFitHook,
    EvaluationTableHook,
    IterationSeedHook,
    PictureHook,
    ProgressHook,
    ResumedSettingsHook,
    StopSignalHook,
)
from mmasgan.evaluation import InferenceCostHook

# MMEngine reads `custom_imports` of dumped configs only. Pure-Python configs
# import what they need themselves.
custom_imports = dict(imports=['mmasgan.compat'], allow_failed_imports=False)
__import__('mmasgan.compat')

default_scope = 'mmagic'
randomness = dict(seed=0)
env_cfg = dict(
    cudnn_benchmark=True,  # all crops have one size
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
model_wrapper_cfg = dict(type=MMSeparateDistributedDataParallel)

default_hooks = dict(
    timer=dict(type=IterTimerHook),
    logger=dict(type=LoggerHook, interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type=ParamSchedulerHook),
    checkpoint=dict(
        type=AllRanksCheckpointHook,
        interval=5_000,
        by_epoch=False,
        max_keep_ckpts=3,
        greater_keys=['gain/'],  # save_best='gain/PSNR' then needs no rule
    ),
    sampler_seed=dict(type=DistSamplerSeedHook),
    visualization=dict(type=PictureHook, interval=dict(val=100, test=50)),
)
custom_hooks = [
    dict(type=IterationSeedHook),
    dict(type=EvaluationTableHook),
    dict(type=ProgressHook),
    dict(type=InferenceCostHook),
    dict(type=StopSignalHook),
    dict(type=CheckpointFitHook),
    dict(type=ResumedSettingsHook),
]
log_processor = dict(
    type=LogProcessor,
    by_epoch=False,
    window_size=50,
    # MMEngine's pattern plus `accuracy`: values to average
    mean_pattern=r'.*(loss|accuracy|time|data_time|grad_norm).*',
)
log_level = 'INFO'
visualizer = dict(
    type=ConcatImageVisualizer,
    vis_backends=[dict(type=VisBackend), dict(type=TensorboardVisBackend)],
    fn_key='name',
    img_keys=['input_img', 'pred_img', 'gt_img'],
    bgr2rgb=True,
)
load_from = None
resume = False
