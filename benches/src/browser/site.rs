//! The pages, served to the browser on this machine; they say when the session begins and ends.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use tightrope::{Framebuffer, View};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

/// Of a request, in bytes.
const HEAD: usize = 16 << 10;

/// What a page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The first page is there and begins.
    Begun,
    /// The last one is through; so many pictures were painted.
    Ended(u64),
}

/// A web server for one browser. It ends when this is dropped.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    pub(super) news: UnboundedReceiver<News>,
    photographs: usize,
    _tasks: JoinSet<()>,
}

/// What there is to read.
struct Content {
    /// As BMP.
    photographs: Vec<Vec<u8>>,
    news: UnboundedSender<News>,
}

impl Site {
    /// Serves the pages at some port of this machine, with these photographs, or with some that they draw themselves.
    pub(super) async fn start(photographs: &[Framebuffer]) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no port for the pages")?;
        let (sender, news) = unbounded_channel();
        let content = Arc::new(Content {
            photographs: photographs.iter().map(|own| bitmap(own.view())).collect(),
            news: sender,
        });
        let address = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, content));
        Ok(Self {
            address,
            news,
            photographs: photographs.len(),
            _tasks: tasks,
        })
    }

    /// The first page of a session that takes about `seconds`.
    pub(super) fn url(&self, seconds: u64) -> String {
        let Self {
            address,
            photographs,
            ..
        } = self;
        format!("http://{address}/text.html?seconds={seconds}&photos={photographs}")
    }
}

async fn serve(listener: TcpListener, content: Arc<Content>) {
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let content = Arc::clone(&content);
                answers.spawn(async move {
                    if let Err(error) = answer(stream, &content).await {
                        tracing::debug!("a browser went away: {error}");
                    }
                });
            },
            Some(_) = answers.join_next() => {}
        }
    }
}

/// Answers one request; the connection ends with it.
async fn answer(mut stream: TcpStream, content: &Content) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > HEAD || stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, kind, body) = match content.find(path) {
        Some((kind, body)) => ("200 OK", kind, body),
        None => ("404 Not Found", "text/plain", &b"nothing"[..]),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}

impl Content {
    /// What `path` stands for: its kind and its bytes. Tells the news that it is.
    fn find(&self, path: &str) -> Option<(&'static str, &[u8])> {
        const HTML: &str = "text/html; charset=utf-8";
        let (name, query) = path.split_once('?').unwrap_or((path, ""));
        let told = match name {
            "/begin" => Some(News::Begun),
            "/end" => Some(News::Ended(query.parse().ok()?)),
            _ => None,
        };
        if let Some(news) = told {
            // Whoever does not listen any more has what was wanted.
            let _gone = self.news.send(news);
            return Some(("text/plain", b"heard"));
        }
        Some(match name {
            "/play.js" => ("text/javascript", include_bytes!("pages/play.js")),
            "/text.html" => (HTML, include_bytes!("pages/text.html")),
            "/gallery.html" => (HTML, include_bytes!("pages/gallery.html")),
            "/animated.html" => (HTML, include_bytes!("pages/animated.html")),
            "/video.html" => (HTML, include_bytes!("pages/video.html")),
            _ => {
                let number = name.strip_prefix("/photo/")?.strip_suffix(".bmp")?;
                (
                    "image/bmp",
                    self.photographs.get(number.parse::<usize>().ok()?)?,
                )
            }
        })
    }
}

/// The picture as a BMP of 32 bits a pixel, top row first.
fn bitmap(picture: View<'_>) -> Vec<u8> {
    const HEAD: u32 = 54;
    let size = picture.size();
    let (width, height) = (u32::from(size.width), i32::from(size.height));
    let pixels = u32::try_from(size.area() * 4).unwrap_or(u32::MAX - HEAD);
    let mut bytes = Vec::with_capacity(size.area() * 4 + 54);
    bytes.extend(b"BM");
    bytes.extend((pixels + HEAD).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(HEAD.to_le_bytes());
    bytes.extend(40_u32.to_le_bytes());
    bytes.extend(width.to_le_bytes());
    // Negative: from the top.
    bytes.extend((-height).to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(32_u16.to_le_bytes());
    bytes.extend([0; 24]);
    for row in picture.rows(size.into()) {
        bytes.extend_from_slice(row);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use tightrope::Size;

    use super::*;

    async fn read(address: SocketAddr, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    #[tokio::test]
    async fn pages_are_served_and_what_they_say_is_heard() {
        let mut picture = Framebuffer::new(Size::new(3, 2));
        picture
            .view_mut(Size::new(3, 2).into())
            .unwrap()
            .fill([1, 2, 3, 0]);
        let mut site = Site::start(&[picture]).await.unwrap();
        assert!(site.url(9).ends_with("/text.html?seconds=9&photos=1"));
        let page = String::from_utf8(read(site.address, "/text.html?seconds=9").await).unwrap();
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("</html>\n"));
        let photograph = read(site.address, "/photo/0.bmp").await;
        let head = photograph.len() - 54 - 24;
        assert_eq!(&photograph[head..head + 2], b"BM");
        assert_eq!(&photograph[photograph.len() - 4..], [1, 2, 3, 0]);
        for none in [
            "/photo/1.bmp",
            "/photo/x.bmp",
            "/../Cargo.toml",
            "/end?x",
            "/",
        ] {
            let answer = read(site.address, none).await;
            assert!(answer.starts_with(b"HTTP/1.1 404"), "{none}");
        }
        read(site.address, "/begin").await;
        read(site.address, "/end?600").await;
        assert_eq!(site.news.recv().await, Some(News::Begun));
        assert_eq!(site.news.recv().await, Some(News::Ended(600)));
    }
}
