"""Time the recipe of TensorFlow's pix2pix tutorial: float32, batch norm everywhere, two Adam optimizers, one tf.function."""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras
import tensorflow as tf
from keras import layers

START = keras.initializers.RandomNormal(0.0, 0.02)


def down(x, filters, norm=True):
    x = layers.Conv2D(filters, 4, 2, "same", kernel_initializer=START, use_bias=False)(x)
    return layers.LeakyReLU()(layers.BatchNormalization()(x) if norm else x)


def up(x, filters, drop=False):
    x = layers.Conv2DTranspose(filters, 4, 2, "same", kernel_initializer=START, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(layers.Dropout(0.5)(x) if drop else x)


def generator(width):
    x = photo = layers.Input((256, 256, 3))
    skips = []
    for level, times in enumerate((1, 2, 4, 8, 8, 8, 8, 8)):
        x = down(x, times * width, norm=level > 0)
        skips.append(x)
    for level, times in enumerate((8, 8, 8, 8, 4, 2, 1)):
        x = layers.Concatenate()([up(x, times * width, drop=level < 3), skips[6 - level]])
    return keras.Model(photo, layers.Conv2DTranspose(1, 4, 2, "same", kernel_initializer=START, activation="tanh")(x))


def discriminator(width):
    photo, depth = layers.Input((256, 256, 3)), layers.Input((256, 256, 1))
    x = layers.Concatenate()([photo, depth])
    for level, times in enumerate((1, 2, 4)):
        x = down(x, times * width, norm=level > 0)
    x = layers.Conv2D(8 * width, 4, 1, kernel_initializer=START, use_bias=False)(layers.ZeroPadding2D()(x))
    x = layers.LeakyReLU()(layers.BatchNormalization()(x))
    return keras.Model([photo, depth], layers.Conv2D(1, 4, 1, kernel_initializer=START)(layers.ZeroPadding2D()(x)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("train", "predict"), default="train")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=3)
    a = parser.parse_args()
    g, d = generator(a.width), discriminator(a.width)
    g_adam, d_adam = (keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2))
    g_adam.build(g.trainable_variables)
    d_adam.build(d.trainable_variables)
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    photo = tf.random.uniform((a.batch, 256, 256, 3), -1, 1)
    depth = tf.random.uniform((a.batch, 256, 256, 1), -1, 1)

    @tf.function
    def train_step():
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fake = g(photo, training=True)
            real_logits, fake_logits = d([photo, depth], training=True), d([photo, fake], training=True)
            g_loss = bce(tf.ones_like(fake_logits), fake_logits) + 100 * tf.reduce_mean(tf.abs(depth - fake))
            d_loss = bce(tf.ones_like(real_logits), real_logits) + bce(tf.zeros_like(fake_logits), fake_logits)
        g_adam.apply_gradients(zip(g_tape.gradient(g_loss, g.trainable_variables), g.trainable_variables))
        d_adam.apply_gradients(zip(d_tape.gradient(d_loss, d.trainable_variables), d.trainable_variables))
        return g_loss

    @tf.function
    def predict_step():
        return tf.reduce_sum(g(photo, training=True))

    step = train_step if a.mode == "train" else predict_step
    for _ in range(2):
        step().numpy()
    start = time.perf_counter()
    for _ in range(a.steps):
        step().numpy()
    seconds = (time.perf_counter() - start) / a.steps / a.batch
    print(json.dumps({"peer": "tf-tutorial-recipe", **vars(a), "seconds_per_image": seconds}))


if __name__ == "__main__":
    main()
