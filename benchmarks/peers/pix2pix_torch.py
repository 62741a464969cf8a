"""Time PyTorch pix2pix: U-Net 256 generator and 70x70 PatchGAN, updated in turn as in the reference implementation."""

import argparse
import json
import time

import torch
from torch import nn


def unet_block(
    outer: int,
    inner: int,
    inside: nn.Module | None,
    inputs: int | None = None,
    outermost: bool = False,
    drop: bool = False,
) -> nn.Module:
    """One U-Net level wrapped around the level below it; every level but the outermost passes its input along (skip)."""
    inputs = inputs or outer
    innermost = inside is None
    down = [nn.Conv2d(inputs, inner, 4, 2, 1, bias=False)]
    if not outermost:
        down.insert(0, nn.LeakyReLU(0.2))
        if not innermost:
            down.append(nn.BatchNorm2d(inner))
    up_in = inner if innermost else 2 * inner
    up = [nn.ReLU(), nn.ConvTranspose2d(up_in, outer, 4, 2, 1, bias=outermost)]
    up += [nn.Tanh()] if outermost else [nn.BatchNorm2d(outer)]
    if drop:
        up.append(nn.Dropout(0.5))
    body = nn.Sequential(*down, *([] if innermost else [inside]), *up)
    return body if outermost else Skip(body)


class Skip(nn.Module):
    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def forward(self, x):
        return torch.cat([x, self.body(x)], 1)


def generator(width: int) -> nn.Module:
    level = unet_block(8 * width, 8 * width, None)
    for _ in range(3):
        level = unet_block(8 * width, 8 * width, level, drop=True)
    level = unet_block(4 * width, 8 * width, level)
    level = unet_block(2 * width, 4 * width, level)
    level = unet_block(width, 2 * width, level)
    return unet_block(1, width, level, inputs=3, outermost=True)


def discriminator(width: int) -> nn.Module:
    layers = [nn.Conv2d(4, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    for before, after, stride in ((1, 2, 2), (2, 4, 2), (4, 8, 1)):
        layers += [
            nn.Conv2d(before * width, after * width, 4, stride, 1, bias=False),
            nn.BatchNorm2d(after * width),
            nn.LeakyReLU(0.2),
        ]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("train", "predict"), default="train")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", action="store_true")
    a = parser.parse_args()
    layout = torch.channels_last if a.precision == "bf16" else torch.contiguous_format
    g = generator(a.width).to(a.device, memory_format=layout)
    d = discriminator(a.width).to(a.device, memory_format=layout)
    photo = (torch.rand(a.batch, 3, 256, 256) * 2 - 1).to(a.device, memory_format=layout)
    depth = (torch.rand(a.batch, 1, 256, 256) * 2 - 1).to(a.device, memory_format=layout)
    cast = torch.autocast(a.device.split(":")[0], torch.bfloat16, enabled=a.precision == "bf16")
    if a.compile:
        g, d = torch.compile(g), torch.compile(d)
    bce = nn.BCEWithLogitsLoss()
    adam = lambda net: torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999))
    g_adam, d_adam = adam(g), adam(d)

    def verdict(logits, real: bool):
        return bce(logits.float(), torch.full_like(logits, float(real), dtype=torch.float32))

    def train_step():
        with cast:
            fake = g(photo)
            for p in d.parameters():
                p.requires_grad_(True)
            d_adam.zero_grad()
            d_loss = 0.5 * (
                verdict(d(torch.cat([photo, fake.detach()], 1)), False) + verdict(d(torch.cat([photo, depth], 1)), True)
            )
        d_loss.backward()
        d_adam.step()
        for p in d.parameters():
            p.requires_grad_(False)
        g_adam.zero_grad()
        with cast:
            g_loss = verdict(d(torch.cat([photo, fake], 1)), True) + 100 * (fake - depth).abs().mean()
        g_loss.backward()
        g_adam.step()
        return g_loss.item()

    @torch.no_grad()
    def predict_step():
        with cast:
            return g(photo).float().sum().item()

    step = train_step if a.mode == "train" else predict_step
    if a.mode == "predict":
        g.eval()
    for _ in range(2):
        step()
    start = time.perf_counter()
    for _ in range(a.steps):
        step()
    seconds = (time.perf_counter() - start) / a.steps / a.batch
    print(json.dumps({"peer": "torch", **vars(a), "seconds_per_image": seconds}))


if __name__ == "__main__":
    main()
