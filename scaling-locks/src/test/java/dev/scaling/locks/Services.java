package dev.scaling.locks;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Lock services on real servers, and what they use; all closed together. */
final class Services {

  private final List<AutoCloseable> open = new ArrayList<>();

  /** Returns a service that grants at once. */
  LockService on(List<RedisServer> servers) throws Exception {
    return ready(builder(servers).quarantined(false));
  }

  LockServiceBuilder builder(List<RedisServer> servers) throws Exception {
    return at(servers.stream().map(RedisServer::address).toList());
  }

  LockServiceBuilder at(List<String> addresses) throws Exception {
    var builder = LockService.builder("test").nodeTimeout(Duration.ofSeconds(2));
    for (int i = 0; i < addresses.size(); i++) {
      builder.node("node-" + (char) ('a' + i), redis(addresses.get(i)));
    }
    return builder;
  }

  LockService ready(LockServiceBuilder builder) throws Exception {
    var service = opened(builder.build());
    service.ready(Duration.ofMinutes(1)).get();
    return service;
  }

  Redis redis(String address) throws Exception {
    var redis = opened(Redis.connect(address));
    redis.ready(Duration.ofMinutes(1)).get();
    return redis;
  }

  <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
  }

  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    open.clear();
  }
}
