//! What is copied passes between a client, the agent and programs on its desktop.

use std::io::Write;
use std::process::{Command, Stdio};

use tightrope::image::{read_png, write_png};
use tightrope::rfb::clipboard::{Bitmap, Content, Image};
use tightrope::{Client, ClientEvent, Size};

use crate::agent::{Agent, wait_for};
use crate::desktop::{PATIENCE, Program};

const LIMIT: usize = 32 << 20;

/// An agent, a client that has the first picture, and programs on the desktop.
struct Scene {
    agent: Agent,
    client: Client,
}

impl Scene {
    async fn open() -> Self {
        let agent = Agent::on_its_own_display(&[]);
        let mut client = agent.client().await;
        // Before that the client does not know yet that the server takes more than Latin-1.
        wait_for(&mut client, |_, event| {
            matches!(event, ClientEvent::Updated { .. }).then_some(())
        })
        .await;
        Self { agent, client }
    }

    fn xclip(&self, way: &str, target: &str) -> Command {
        let (display, authority) = self.agent.place();
        let mut command = Command::new("xclip");
        command
            .args([way, "-selection", "clipboard", "-target", target])
            .env("DISPLAY", display.name)
            .env("XAUTHORITY", authority)
            .stderr(Stdio::null());
        command
    }

    fn copy(&self, target: &str, bytes: &[u8]) -> Program {
        let mut command = self.xclip("-in", target);
        let mut child = command
            .arg("-quiet")
            .stdin(Stdio::piped())
            .spawn()
            .expect("xclip must be installed");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(bytes).unwrap();
        Program(child)
    }

    /// Tries, while the client lives, until a program pastes `wanted`.
    async fn expect_pasted(&mut self, target: &str, wanted: impl Fn(&[u8]) -> bool) {
        let mut command = tokio::process::Command::from(self.xclip("-out", target));
        let pasted = async {
            while !wanted(&command.output().await.unwrap().stdout) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let moving = async { while self.client.next_event().await.is_ok() {} };
        tokio::select! {
            pasted = tokio::time::timeout(PATIENCE, pasted) => pasted.expect(target),
            () = moving => panic!("the session has ended"),
        }
    }

    /// The next thing that is copied on the desktop.
    async fn copied(&mut self) -> Content {
        wait_for(&mut self.client, |_, event| match event {
            ClientEvent::Clipboard(content) => Some(content.clone()),
            _ => None,
        })
        .await
    }
}

/// Noise with transparency.
fn picture(width: u16, height: u16) -> Bitmap {
    let size = Size::new(width, height);
    let mut state = 5_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let pixels = (0..size.area() * 4).map(|_| noise()).collect();
    Bitmap::new(size, pixels).unwrap()
}

fn image(image: Image) -> Content {
    Content {
        image: Some(image),
        ..Content::default()
    }
}

#[tokio::test]
async fn html_passes_both_ways() {
    let mut scene = Scene::open().await;
    let html = "<html><head><style>b{}</style></head><body><b>grüße</b></body></html>";
    let content = Content {
        text: Some("grüße".to_owned()),
        rtf: Some(br"{\rtf1 x}".to_vec()),
        html: Some(html.to_owned()),
        image: None,
    };
    scene.client.set_clipboard(content);
    for (target, wanted) in [
        ("text/html", html),
        ("UTF8_STRING", "grüße"),
        ("text/rtf", r"{\rtf1 x}"),
    ] {
        let is_it = |pasted: &[u8]| pasted == wanted.as_bytes();
        scene.expect_pasted(target, is_it).await;
    }
    let _xclip = scene.copy("text/html", "<i>zurück</i>".as_bytes());
    let back = Content {
        html: Some("<i>zurück</i>".to_owned()),
        ..Content::default()
    };
    assert_eq!(scene.copied().await, back);
}

#[tokio::test]
async fn images_pass_both_ways_pixel_by_pixel() {
    let mut scene = Scene::open().await;
    for there in [picture(3, 2), picture(1280, 720)] {
        let dib = there.encode().into();
        scene.client.set_clipboard(image(Image::Dib(dib)));
        let is_it = |pasted: &[u8]| read_png(pasted, LIMIT).is_ok_and(|read| read == there);
        scene.expect_pasted("image/png", is_it).await;
    }
    let back = picture(1920, 1080);
    let _xclip = scene.copy("image/png", &write_png(&back).unwrap());
    assert_eq!(scene.copied().await, image(Image::OnRequest));
    for _ in 0..2 {
        scene.client.request_clipboard_image();
        let dib = wait_for(&mut scene.client, |_, event| match event {
            ClientEvent::ClipboardImage(image) => Some(image.clone()),
            _ => None,
        })
        .await;
        assert!(Bitmap::decode(&dib.unwrap(), LIMIT).unwrap() == back);
    }
}

#[tokio::test]
async fn an_image_that_nobody_pastes_does_not_move() {
    let mut scene = Scene::open().await;
    let _xclip = scene.copy("image/png", &write_png(&picture(640, 480)).unwrap());
    assert_eq!(scene.copied().await, image(Image::OnRequest));
    let dib = picture(640, 480).encode();
    let size = u64::try_from(dib.len()).unwrap();
    scene.client.set_clipboard(Content {
        text: Some("text".to_owned()),
        ..image(Image::Dib(dib.into()))
    });
    scene
        .expect_pasted("UTF8_STRING", |pasted| pasted == b"text")
        .await;
    let stats = scene.client.stats();
    assert!(stats.bytes_sent < size / 10, "{stats:?}");
}
