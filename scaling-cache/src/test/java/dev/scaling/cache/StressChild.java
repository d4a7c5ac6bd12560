package dev.scaling.cache;

import dev.scaling.cache.Workload.Style;
import dev.scaling.core.redis.Redis;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A process of its own that works on a shared journal until it is told to end, or is killed. */
final class StressChild {

  static final int KEYS = 8;
  static final int INSTANCES = 4;
  static final Duration DELAY = Duration.ofSeconds(5);

  private StressChild() {}

  /** Arguments: the journal's file, the address of Redis, the instance's number, a seed. */
  public static void main(String[] args) throws Exception {
    var journal = journal(Path.of(args[0]));
    int instance = Integer.parseInt(args[2]);
    try (var redis = Redis.connect(args[1]);
        var cache = cache(redis, journal)) {
      var workload = new Workload(journal, Map.of(), Style.UPDATES);
      var threads = workload.start(
          cache, instance, /* readers= */ 1, /* writers= */ 1, Long.parseLong(args[3]));
      var sampler = new Thread(() -> sample(journal));
      sampler.setDaemon(true);
      sampler.start();
      var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      orders.readLine();
      workload.end();
      for (Thread thread : threads) {
        thread.join();
      }
      System.out.println("COUNTS " + workload.counts());
      orders.readLine(); // all others have ended too
      journal.violations().forEach(violation -> System.out.println("VIOLATION " + violation));
      for (int key = 0; key < KEYS; key++) {
        System.out.println("REST " + key + " " + cache.get(key));
      }
      System.out.println("END");
    }
    System.exit(0);
  }

  static TieredCache<Integer, String> cache(Redis redis, Journal journal) {
    return TieredCache.builder("chaos", redis, KeyCodec.integers(), Codec.strings())
        .fence(Duration.ofSeconds(2))
        .lease(Duration.ofMillis(500))
        .build(StressIT.slowly(journal));
  }

  static void sample(Journal journal) {
    while (true) {
      journal.sample();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  static Journal journal(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer longs =
          channel.map(FileChannel.MapMode.READ_WRITE, 0, Journal.bytes(KEYS, INSTANCES));
      return new Journal(longs, KEYS, INSTANCES, DELAY);
    }
  }
}
