"""The conditional GAN of the paper: U-Net generator, 70x70 PatchGAN, their losses and training."""

from facedepth_pipeline.runtime import keras_import  # noqa: F401  first import of Keras in the process, quietly
