"""Checkpoints of the real architectures, made small: config, random weights, and the preprocessing of the published ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as hf

_VIT = {"hidden_size": 24, "num_hidden_layers": 4, "num_attention_heads": 2, "intermediate_size": 48}
_IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def write(kind: str, folder: Path) -> Path:
    """A folder as the libraries' own `save_pretrained` makes it, safetensors only."""
    torch.manual_seed(7)
    model, processor = _KINDS[kind]()
    _enliven(model, processor)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _enliven(model: Any, processor: Any) -> None:
    """Fresh weights give a flat map, often all zero after the last ReLU: the last convolution is set so that 1 ± 0.3 comes out of it."""
    for value in model.parameters():
        if value.ndim >= 2:
            torch.nn.init.normal_(value, std=1.4 / value[0].numel() ** 0.5)
    last: list[tuple[Any, Any]] = []
    hooks = [
        module.register_forward_hook(lambda module, given, out: last.append((module, out)))
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Conv2d) and module.out_channels == 1 and not name.startswith("fov")
    ]
    with torch.no_grad():
        model.eval()(
            **processor(images=np.random.default_rng(3).integers(0, 255, (60, 80, 3), np.uint8), return_tensors="pt")
        )
        for hook in hooks:
            hook.remove()
        if last:
            module, out = last[-1]
            gain = 0.3 / float(out.std())
            module.weight *= gain
            module.bias.copy_(1.0 - gain * (out.mean() - module.bias))
    if isinstance(model, hf.DepthProForDepthEstimation):  # an angle of view of about 50 degrees
        torch.nn.init.constant_(model.fov_model.head.layers[-1].bias, 50.0)


def _dinov2(**more: Any) -> Any:
    settings = {**_VIT, "image_size": 70, "patch_size": 14, "out_indices": [1, 2, 3, 4]} | more
    del settings["intermediate_size"]
    return hf.Dinov2Config(mlp_ratio=2, reshape_hidden_states=False, apply_layernorm=True, **settings)


def _depth_anything(**more: Any) -> tuple[Any, Any]:
    config = hf.DepthAnythingConfig(
        backbone_config=_dinov2(),
        reassemble_hidden_size=24,
        neck_hidden_sizes=[8, 12, 16, 24],
        fusion_hidden_size=8,
        head_hidden_size=8,
        **more,
    )
    size = {"height": 70, "width": 70}
    processor = hf.DPTImageProcessor(size=size, keep_aspect_ratio=True, ensure_multiple_of=14, **_IMAGENET)
    return hf.DepthAnythingForDepthEstimation(config), processor


def _dpt(hybrid: bool = False) -> tuple[Any, Any]:
    more: dict[str, Any] = {"backbone_out_indices": [0, 1, 2, 3], "readout_type": "project"}
    if hybrid:
        more["is_hybrid"] = True
        more["backbone_config"] = hf.BitConfig(
            embedding_size=8,
            hidden_sizes=[16, 24, 32],
            depths=[1, 1, 1],
            num_groups=2,
            out_features=["stage1", "stage2", "stage3"],
            layer_type="bottleneck",
            global_padding="same",
            embedding_dynamic_padding=True,
        )
        more["backbone_featmap_shape"] = [1, 32, 4, 4]
        more["neck_ignore_stages"] = [0, 1]
        more["reassemble_factors"] = [1, 1, 1, 0.5]
        more["neck_hidden_sizes"] = [16, 24, 24, 24]
    config = hf.DPTConfig(
        **_VIT, image_size=64, patch_size=16, fusion_hidden_size=16, **({"neck_hidden_sizes": [8, 12, 16, 24]} | more)
    )
    processor = hf.DPTImageProcessor(size={"height": 64, "width": 64})
    return hf.DPTForDepthEstimation(config), processor


def _beit(**more: Any) -> Any:
    return hf.BeitConfig(
        **_VIT,
        image_size=64,
        patch_size=16,
        use_relative_position_bias=True,
        reshape_hidden_states=False,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        **more,
    )


def _midas_beit() -> tuple[Any, Any]:
    config = hf.DPTConfig(
        backbone_config=_beit(), hidden_size=24, neck_hidden_sizes=[8, 12, 16, 24], fusion_hidden_size=16
    )
    processor = hf.DPTImageProcessor(size={"height": 64, "width": 64}, keep_aspect_ratio=True, ensure_multiple_of=32)
    return hf.DPTForDepthEstimation(config), processor


def _zoedepth() -> tuple[Any, Any]:
    config = hf.ZoeDepthConfig(
        backbone_config=_beit(),
        neck_hidden_sizes=[8, 12, 16, 24],
        fusion_hidden_size=16,
        bottleneck_features=16,
        num_attractors=[4, 2, 2, 1],
        bin_embedding_dim=8,
        num_relative_features=8,
        bin_configurations=[{"n_bins": 8, "min_depth": 0.001, "max_depth": 10.0, "name": "nyu"}],
    )
    processor = hf.ZoeDepthImageProcessor(size={"height": 64, "width": 96}, ensure_multiple_of=32)
    return hf.ZoeDepthForDepthEstimation(config), processor


def _depth_pro() -> tuple[Any, Any]:
    tiny = hf.Dinov2Config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2, image_size=32, patch_size=8
    )
    config = hf.DepthProConfig(
        patch_size=32,
        fusion_hidden_size=16,
        intermediate_hook_ids=[3, 1],
        intermediate_feature_dims=[12, 12],
        scaled_images_ratios=[0.5, 1.0],
        scaled_images_overlap_ratios=[0.0, 0.2],
        scaled_images_feature_dims=[12, 12],
        use_fov_model=True,
        image_model_config=tiny,
        patch_model_config=tiny,
        fov_model_config=tiny,
    )
    processor = hf.DepthProImageProcessor(size={"height": 64, "width": 64})
    return hf.DepthProForDepthEstimation(config), processor


_KINDS = {
    "depth-anything-v2-small": _depth_anything,
    "depth-anything-v2-indoor-small": lambda: _depth_anything(depth_estimation_type="metric", max_depth=20),
    "dpt-large": _dpt,
    "dpt-hybrid-midas": lambda: _dpt(hybrid=True),
    "midas-beit-large": _midas_beit,
    "zoedepth": _zoedepth,
    "depth-pro": _depth_pro,
}


def write_marigold(folder: Path, *, prediction: str = "depth") -> Path:
    """Marigold's pipeline with tiny parts, saved by the library."""
    import diffusers

    torch.manual_seed(7)
    unet = diffusers.UNet2DConditionModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        sample_size=16,
        in_channels=8,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=24,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    vae = diffusers.AutoencoderKL(
        block_out_channels=(16, 32),
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        latent_channels=4,
        norm_num_groups=8,
    )
    text = hf.CLIPTextModel(
        hf.CLIPTextConfig(
            hidden_size=24,
            intermediate_size=37,
            num_attention_heads=4,
            num_hidden_layers=2,
            vocab_size=4,
            max_position_embeddings=77,
            bos_token_id=0,
            eos_token_id=1,
        )
    )
    vocabulary = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2, "b</w>": 3}
    folder.mkdir(parents=True)
    tokenizer = hf.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)
    pipeline = diffusers.MarigoldDepthPipeline(
        unet=unet,
        vae=vae,
        scheduler=diffusers.DDIMScheduler(
            prediction_type="v_prediction", set_alpha_to_one=False, steps_offset=1, clip_sample=False
        ),
        text_encoder=text,
        tokenizer=tokenizer,
        prediction_type=prediction,
        scale_invariant=True,
        shift_invariant=True,
        default_denoising_steps=2,
        default_processing_resolution=64,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def write_depth_anything_3(name: str, folder: Path) -> tuple[Path, Any]:
    """The network of the library's own list by that name, with random weights, as its makers store it; gives it, too."""
    import json

    from depth_anything_3.cfg import create_object, load_config
    from depth_anything_3.registry import MODEL_REGISTRY
    from safetensors.torch import save_model

    torch.manual_seed(7)
    model = create_object(load_config(MODEL_REGISTRY[name])).eval()
    folder.mkdir(parents=True)
    holder = torch.nn.Module()
    holder.model = model
    save_model(holder, str(folder / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps({"model_name": name}), encoding="utf-8")
    return folder, model


def write_moge(file: Path, points: np.ndarray, mask: np.ndarray, scale: float) -> Path:
    """An ONNX file with MoGe-2's inputs and outputs that always sees the same points."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def kept(name: str, values: np.ndarray) -> Any:
        return helper.make_node(
            "Constant", [], [name], value=numpy_helper.from_array(np.ascontiguousarray(values, np.float32))
        )

    nodes = [
        kept("p", points[None]),
        kept("m", mask[None]),
        kept("s", np.array([scale])),
        kept("zero", np.array(0.0)),
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        helper.make_node("Cast", ["num_tokens"], ["tokens"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["tokens", "mean"], ["seen"]),
        helper.make_node("Mul", ["seen", "zero"], ["nothing"]),
        helper.make_node("Add", ["p", "nothing"], ["points"]),
        helper.make_node("Add", ["m", "nothing"], ["mask"]),
        helper.make_node("Add", ["s", "nothing"], ["metric_scale"]),
    ]
    single = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "moge",
        [
            helper.make_tensor_value_info("image", single, ["b", 3, "h", "w"]),
            helper.make_tensor_value_info("num_tokens", TensorProto.INT64, []),
        ],
        [
            helper.make_tensor_value_info("points", single, [1, *points.shape]),
            helper.make_tensor_value_info("mask", single, [1, *mask.shape]),
            helper.make_tensor_value_info("metric_scale", single, [1]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))
    return file
