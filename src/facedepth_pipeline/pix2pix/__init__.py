"""The conditional GAN of the paper: U-Net generator, 70x70 PatchGAN, their losses and training."""
