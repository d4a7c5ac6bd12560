package dev.scaling.cache;

import dev.scaling.concurrency.internal.AbstractFlight;

/** One read of one key under way in this process, which every caller of the key shares. */
final class Flight<K, V> extends AbstractFlight<K, V> {

  final String text;
  final String cell;
  final long epoch;
  final long startNanos;

  Flight(K key, String text, String cell, long epoch, long startNanos) {
    super(key);
    this.text = text;
    this.cell = cell;
    this.epoch = epoch;
    this.startNanos = startNanos;
  }
}
