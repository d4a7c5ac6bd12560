package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.config.Config;

/** On a cluster a resource's token stands on the node of the data in its braces. */
@Timeout(120)
final class FenceGuardClusterIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.cluster(3, 0);

  @Test
  void keysInTheSlotOfTheResource_areWrittenTo_andOthersAreRefused() {
    var config = new Config();
    config.useClusterServers().addNodeAddress(servers.addresses().toArray(String[]::new));
    var client = Redisson.create(config);
    try (var redis = Redis.over(client)) {
      var guard = RedisFenceGuard.builder("invoices", redis)
          .redisTimeout(Duration.ofSeconds(30))
          .build();
      var write = guard.script(LuaScript.of("count", "return redis.call('INCR', KEYS[1])"));

      for (String resource : List.of("a", "b", "c", "invoice:42")) {
        var keys = List.of("data:{" + resource + "}");
        assertThat(write.run(resource, 7, keys, List.of())).isEqualTo(1L);
        assertThat(guard.tryCheck(resource, 6)).isFalse();
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> write.run("a", 7, List.of("data:{a}", "data:{b}"), List.of()))
          .withMessage("invoices: keys must be in the slot of the resource; put it into braces in"
              + " each");
    } finally {
      client.shutdown();
    }
  }
}
