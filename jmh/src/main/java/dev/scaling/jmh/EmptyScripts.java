package dev.scaling.jmh;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a lock would cost if its scripts did nothing, and nobody here kept anything: calls of the
 * same form, with as many keys, as long a text and as long a reply.
 */
final class EmptyScripts {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final LuaScript ACQUIRE =
      LuaScript.of("acquire", "return {1, '" + "r".repeat(40) + "', 1, 1, 1}");
  private static final LuaScript RELEASE = LuaScript.of("release", "return {1}");
  private static final List<byte[]> TEXT = List.of("x".repeat(80).getBytes(US_ASCII));

  private final List<Redis> nodes;

  EmptyScripts(List<Redis> nodes) {
    this.nodes = nodes;
  }

  /** Calls all nodes at once, and returns when a quorum has answered. */
  void acquire() {
    var left = new AtomicInteger(nodes.size() / 2 + 1);
    var quorum = new CompletableFuture<Boolean>();
    for (Redis node : nodes) {
      call(node, ACQUIRE, 6).thenRun(() -> {
        if (left.decrementAndGet() == 0) {
          quorum.complete(true);
        }
      });
    }
    quorum.join();
  }

  /** Calls all nodes at once, and returns when all have answered, or at once. */
  void release(boolean waits) {
    var all = nodes.stream().map(node -> call(node, RELEASE, 5)).toList();
    if (waits) {
      all.forEach(CompletableFuture::join);
    }
  }

  private static CompletableFuture<?> call(Redis node, LuaScript script, int keys) {
    return node.eval(
        script, Collections.nCopies(keys, "scaling:ours:l:1:{ours}:a1"), TEXT, TIMEOUT);
  }
}
