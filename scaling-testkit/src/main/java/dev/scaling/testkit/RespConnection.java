package dev.scaling.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A blocking connection for a test's dozen of administrative commands. Not a client. */
final class RespConnection implements AutoCloseable {

  /*
   * RESP2, the protocol that every server speaks until told otherwise:
   * https://redis.io/docs/latest/develop/reference/protocol-spec/
   */

  private final Socket socket = new Socket();
  private final InputStream in;

  /**
   * Connects, and authenticates if the address holds a password.
   *
   * @param timeout how long to wait for the connection and for each reply; zero for ever
   */
  RespConnection(URI address, Duration timeout) throws IOException {
    try {
      socket.connect(
          new InetSocketAddress(address.getHost(), address.getPort()), (int) timeout.toMillis());
      socket.setSoTimeout((int) timeout.toMillis());
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream());
      authenticate(address.getUserInfo());
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Sends a command and waits for its reply.
   *
   * @return a {@link String}, a {@link Long}, a {@link List} of these, or {@code null} for nil
   * @throws IllegalStateException if the reply is an error, which is the message
   */
  @Nullable
  Object call(String... command) throws IOException {
    var out = new ByteArrayOutputStream();
    out.write(("*" + command.length + "\r\n").getBytes(UTF_8));
    for (String argument : command) {
      byte[] bytes = argument.getBytes(UTF_8);
      out.write(("$" + bytes.length + "\r\n").getBytes(UTF_8));
      out.write(bytes);
      out.write('\r');
      out.write('\n');
    }
    socket.getOutputStream().write(out.toByteArray());
    return read();
  }

  /** Waits for a reply, or for what a monitoring connection reports. */
  @Nullable
  Object read() throws IOException {
    String line = readLine();
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '+' -> rest;
      case '-' -> throw new IllegalStateException(rest);
      case ':' -> Long.valueOf(rest);
      case '$' -> readBulk(Integer.parseInt(rest));
      case '*' -> readArray(Integer.parseInt(rest));
      default -> throw new IOException("not a RESP2 reply: " + line);
    };
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void authenticate(@Nullable String userInfo) throws IOException {
    if (userInfo == null) {
      return;
    }
    int colon = userInfo.indexOf(':');
    String user = colon < 0 ? "" : userInfo.substring(0, colon);
    String password = userInfo.substring(colon + 1);
    if (user.isEmpty()) {
      call("AUTH", password);
    } else {
      call("AUTH", user, password);
    }
  }

  private @Nullable String readBulk(int length) throws IOException {
    if (length < 0) {
      return null;
    }
    byte[] bytes = in.readNBytes(length + 2);
    if (bytes.length < length + 2) {
      throw new EOFException("the server closed the connection");
    }
    return new String(bytes, 0, length, UTF_8);
  }

  private @Nullable List<@Nullable Object> readArray(int length) throws IOException {
    if (length < 0) {
      return null;
    }
    var elements = new ArrayList<@Nullable Object>(length);
    for (int i = 0; i < length; i++) {
      elements.add(read());
    }
    return elements;
  }

  private String readLine() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the server closed the connection");
      }
      line.write(b);
    }
    return line.toString(UTF_8).stripTrailing();
  }
}
