package dev.scaling.cache;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One read of one key under way in this process, which every caller of the key shares. */
final class Flight<K, V> {

  final K key;
  final String text;
  final String cell;
  final long epoch;
  final long startNanos;
  final CompletableFuture<@Nullable V> result = new CompletableFuture<>();

  /** The thread inside the loader, to tell a loader that asks for its own key; else null. */
  volatile @Nullable Thread loader;

  Flight(K key, String text, String cell, long epoch, long startNanos) {
    this.key = key;
    this.text = text;
    this.cell = cell;
    this.epoch = epoch;
    this.startNanos = startNanos;
  }
}
