package dev.scaling.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Tells whether containers can be started. */
final class DockerEngine {

  private static final int CONNECT_MILLIS = 200;

  private DockerEngine() {}

  /**
   * Tries to connect to the engine's socket. Takes about a millisecond; Testcontainers' own check
   * takes seconds where there is no engine.
   *
   * @param dockerHost the value of {@code DOCKER_HOST}, {@code null} for the usual socket
   */
  static boolean answers(@Nullable String dockerHost) {
    try {
      URI uri = URI.create(dockerHost == null ? "unix:///var/run/docker.sock" : dockerHost);
      return switch (String.valueOf(uri.getScheme())) {
        case "unix" -> connects(Path.of(uri.getPath()));
        case "tcp" -> connects(new InetSocketAddress(uri.getHost(), uri.getPort()));
        default -> false;
      };
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Returns whether Testcontainers, an optional dependency, is there. */
  static boolean hasTestcontainers() {
    try {
      Class.forName("org.testcontainers.containers.GenericContainer");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static boolean connects(Path socket) {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private static boolean connects(InetSocketAddress address) {
    try (var socket = new Socket()) {
      socket.connect(address, CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
