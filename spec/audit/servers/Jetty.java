import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.WebSocketAdapter;
import org.eclipse.jetty.websocket.server.WebSocketHandler;
import org.eclipse.jetty.websocket.servlet.WebSocketServletFactory;

public class Jetty {
  public static class Echo extends WebSocketAdapter {
    @Override
    public void onWebSocketText(String message) {
      try {
        getRemote().sendString(message);
      } catch (IOException error) {
        getSession().close();
      }
    }

    @Override
    public void onWebSocketBinary(byte[] payload, int offset, int length) {
      try {
        getRemote().sendBytes(ByteBuffer.wrap(payload, offset, length));
      } catch (IOException error) {
        getSession().close();
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    server.setHandler(new WebSocketHandler() {
      @Override
      public void configure(WebSocketServletFactory factory) {
        factory.getPolicy().setMaxTextMessageSize(1 << 24);
        factory.getPolicy().setMaxBinaryMessageSize(1 << 24);
        factory.register(Echo.class);
      }
    });
    server.start();
  }
}
