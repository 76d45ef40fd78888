//! The JPEG encoding, whose images leave out tables.

use rfb::{EncodeSettings, Encoding, Framebuffer, PixelFormat, Region, Size, Subsampling};
use turbojpeg::{Compressor, Image, Subsamp};

use crate::support::{
    FORMATS, Pair, Sent, as_seen_in, assert_equal, decode, decoder, lossless, lossy, paint, photo,
    psnr, scene,
};

const BGRX: PixelFormat = PixelFormat::BGRX;
const DQT: u8 = 0xdb;
const DHT: u8 = 0xc4;

fn pair(size: Size) -> Pair {
    Pair::speaking(Encoding::JPEG, size)
}

fn refusal(body: &[u8], size: Size) -> String {
    crate::support::refusal(Encoding::JPEG, body, &BGRX, size)
}

/// The segments of an image up to its first scan, markers first, and the rest.
fn segments(image: &[u8]) -> (Vec<(u8, Vec<u8>)>, Vec<u8>) {
    let mut segments = Vec::new();
    let mut rest = &image[2..];
    while rest[1] != /* scan */ 0xda {
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        segments.push((rest[1], rest[4..2 + length].to_vec()));
        rest = &rest[2 + length..];
    }
    (segments, rest.to_vec())
}

/// The opposite of [`segments`].
fn assemble(segments: &[(u8, Vec<u8>)], rest: &[u8]) -> Vec<u8> {
    let mut image = vec![0xff, 0xd8];
    for (marker, body) in segments {
        image.extend(segment(*marker, body));
    }
    image.extend(rest);
    image
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, body].concat()
}

fn count(sent: &Sent, marker: u8) -> usize {
    let (segments, _) = segments(&sent.body);
    segments
        .iter()
        .filter(|segment| segment.0 == marker)
        .count()
}

/// An image made by libjpeg-turbo, with all its tables.
fn compress(picture: &Framebuffer, prepare: impl FnOnce(&mut Compressor)) -> Vec<u8> {
    let mut compressor = Compressor::new().unwrap();
    prepare(&mut compressor);
    let size = picture.size();
    let image = Image {
        pixels: picture.bytes(),
        width: size.width.into(),
        pitch: usize::from(size.width) * 4,
        height: size.height.into(),
        format: turbojpeg::PixelFormat::BGRX,
    };
    compressor.compress_to_vec(image).unwrap()
}

/// What a fresh decoder draws of a whole image.
fn drawn(image: &[u8], size: Size) -> Framebuffer {
    let mut decoder = decoder(Encoding::JPEG);
    let (picture, read) = decode(decoder.as_mut(), image, &BGRX, size).unwrap();
    assert_eq!(read, image.len());
    picture
}

#[test]
fn each_quality_level_looks_as_good_as_it_should() {
    let size = Size::new(320, 240);
    let picture = photo(size);
    for (level, least) in (0..).zip([33.0, 37.0, 38.5, 38.8, 40.0, 41.0, 41.3, 41.7, 42.0, 49.5]) {
        let mut pair = pair(size);
        let (sent, loss) = pair.send(&picture, &lossy(BGRX, level));
        assert!(sent.iter().all(|sent| sent.encoding == Encoding::JPEG));
        assert_eq!(loss, size.into());
        let psnr = psnr(&picture, &pair.client);
        assert!(psnr > least, "level {level}: {psnr} dB");
    }
}

#[test]
fn everything_is_jpeg_where_loss_is_allowed_and_raw_where_it_is_not() {
    let size = Size::new(300, 220);
    for format in FORMATS {
        let picture = scene("desktop", size);
        let mut pair = pair(size);
        let (sent, loss) = pair.send(&picture, &lossless(format, 2));
        assert!(sent.iter().all(|sent| sent.encoding == Encoding::RAW));
        assert!(loss.is_empty());
        assert_equal(&pair.client, &as_seen_in(&format, &picture), "the desktop");
        let (sent, loss) = pair.send(&picture, &lossy(format, 8));
        let expected = match format.bits_per_pixel {
            8 => Encoding::RAW,
            _ => Encoding::JPEG,
        };
        assert!(
            sent.iter().all(|sent| sent.encoding == expected),
            "{format:?}"
        );
        assert_eq!(loss.is_empty(), expected == Encoding::RAW);
    }
}

#[test]
fn tables_are_sent_once_and_again_when_they_change() {
    let size = Size::new(64, 48);
    let mut pair = pair(size);
    let mut tables = |settings: &EncodeSettings| {
        let (sent, _) = pair.send(&photo(size), settings);
        assert_eq!(sent.len(), 1);
        // A decoder that lost the tables would draw something else.
        let psnr = psnr(&photo(size), &pair.client);
        let gray = settings.subsampling == Some(Subsampling::Gray);
        assert!(psnr > 30.0 || gray, "{psnr} dB");
        (count(&sent[0], DQT), count(&sent[0], DHT))
    };
    let gray = EncodeSettings {
        subsampling: Some(Subsampling::Gray),
        ..lossy(BGRX, 8)
    };
    assert_eq!(tables(&lossy(BGRX, 8)), (2, 4));
    assert_eq!(tables(&lossy(BGRX, 8)), (0, 0));
    assert_eq!(tables(&lossy(BGRX, 4)), (2, 0));
    assert_eq!(tables(&lossy(BGRX, 4)), (0, 0));
    assert_eq!(tables(&gray), (1, 2));
    assert_eq!(tables(&gray), (0, 0));
    assert_eq!(tables(&lossy(BGRX, 8)), (2, 4));
}

#[test]
fn rectangles_of_one_update_share_tables_too() {
    let size = Size::new(700, 500);
    let mut pair = pair(size);
    let (sent, _) = pair.send(&photo(size), &lossy(BGRX, 8));
    assert!(sent.len() > 2);
    let with_tables = sent.iter().filter(|sent| count(sent, DHT) > 0).count();
    assert_eq!(with_tables, 1);
    assert!(psnr(&photo(size), &pair.client) > 40.0);
}

#[test]
fn what_a_budget_leaves_over_is_told() {
    let size = Size::new(700, 500);
    let settings = lossy(BGRX, 8);
    let (sent, loss, left) = pair(size).send_region(&photo(size), &size.into(), &settings, 1);
    assert_eq!(sent.len(), 1);
    assert_eq!(loss, sent[0].rect.into());
    assert_eq!(loss.union(&left), size.into());
    assert!(loss.intersection(&left).is_empty());
}

#[test]
fn with_room_for_little_nothing_much_larger_is_sent_at_once() {
    let size = Size::new(1600, 900);
    let (settings, source) = (lossy(BGRX, 8), photo(size));
    let mut pair = pair(size);
    let mut left: Region = size.into();
    let mut updates = 0;
    while !left.is_empty() {
        let (sent, loss, rest) = pair.send_region(&source, &left, &settings, 12_000);
        let bytes: usize = sent.iter().map(|sent| sent.body.len()).sum();
        assert!(bytes < 24_000, "{bytes} bytes at once");
        assert_eq!(loss.union(&rest), loss.union(&left));
        left = rest;
        updates += 1;
    }
    assert!(updates > 5, "{updates}");
    assert!(psnr(&source, &pair.client) > 40.0);
}

/// The segments without the tables among all but the first `kept`.
fn without_tables(segments: &[(u8, Vec<u8>)], kept: usize) -> Vec<(u8, Vec<u8>)> {
    let stays =
        |&(index, (marker, _)): &(usize, &(u8, _))| index < kept || ![DQT, DHT].contains(marker);
    let segments = segments.iter().enumerate().filter(stays);
    segments.map(|(_, segment)| segment.clone()).collect()
}

#[test]
fn each_table_that_is_left_out_is_the_last_of_its_number() {
    let size = Size::new(40, 30);
    let first = compress(&photo(size), |compressor| {
        compressor.set_quality(50).unwrap();
    });
    let second = compress(&scene("icons", size), |compressor| {
        compressor.set_quality(90).unwrap();
    });
    let (all, rest) = segments(&second);
    for kept in 0..=all.len() {
        // Tables of the first image, overruled by the second's as far as those are sent.
        let mut decoder = decoder(Encoding::JPEG);
        decode(decoder.as_mut(), &first, &BGRX, size).unwrap();
        let body = assemble(&without_tables(&all, kept), &rest);
        let (picture, _) = decode(decoder.as_mut(), &body, &BGRX, size).unwrap();
        if kept == all.len() {
            assert_equal(&picture, &drawn(&second, size), "the second image");
        }
        // And they stay: the same again, without any table.
        let body = assemble(&without_tables(&all, 0), &rest);
        let (again, _) = decode(decoder.as_mut(), &body, &BGRX, size).unwrap();
        assert_equal(&again, &picture, "the same again");
    }
}

#[test]
fn several_tables_may_share_a_segment_and_stand_anywhere_before_the_scan() {
    let size = Size::new(40, 30);
    let image = compress(&photo(size), |compressor| {
        compressor.set_quality(80).unwrap();
    });
    let (segments, rest) = segments(&image);
    let joined = |marker| {
        let bodies = segments.iter().filter(|segment| segment.0 == marker);
        bodies
            .flat_map(|(_, body)| body.clone())
            .collect::<Vec<u8>>()
    };
    let others = segments
        .iter()
        .filter(|(marker, _)| ![DQT, DHT].contains(marker));
    let mut others: Vec<_> = others.cloned().collect();
    others.push((DHT, joined(DHT)));
    others.push((/* comment */ 0xfe, b"anything".to_vec()));
    others.push((DQT, joined(DQT)));
    let body = assemble(&others, &rest);
    assert_equal(&drawn(&body, size), &drawn(&image, size), "the image");
}

#[test]
fn progressive_images_with_restarts_and_tables_between_scans_are_drawn() {
    let size = Size::new(200, 150);
    let picture = photo(size);
    let image = compress(&picture, |compressor| {
        compressor.set_progressive(true).unwrap();
        compressor.set_optimize(true).unwrap();
        compressor.set_quality(92).unwrap();
        compressor.set_subsamp(Subsamp::Sub2x2).unwrap();
    });
    let scans = image
        .windows(2)
        .filter(|pair| pair == &[0xff, 0xda])
        .count();
    assert!(scans > 3);
    assert!(psnr(&drawn(&image, size), &picture) > 35.0);
    let grey = compress(&picture, |compressor| {
        compressor.set_subsamp(Subsamp::Gray).unwrap();
    });
    let grey = drawn(&grey, size);
    assert!(
        grey.bytes()
            .as_chunks::<4>()
            .0
            .iter()
            .all(|[b, g, r, x]| b == g && g == r && *x == 0)
    );
}

#[test]
fn padding_before_a_marker_is_passed_over() {
    let size = Size::new(40, 30);
    let image = compress(&photo(size), |_| {});
    let padded = [&image[..2], &[0xff; 5], &image[2..]].concat();
    assert_equal(&drawn(&padded, size), &drawn(&image, size), "the image");
}

#[test]
fn the_image_after_an_end_belongs_to_the_next_rectangle() {
    let size = Size::new(40, 30);
    let image = compress(&photo(size), |_| {});
    let two = [&image[..], &image].concat();
    let mut decoder = decoder(Encoding::JPEG);
    let (_, read) = decode(decoder.as_mut(), &two, &BGRX, size).unwrap();
    assert_eq!(read, image.len());
}

/// An image whose segments are all right but those that `change` changes.
fn refusal_of(change: impl FnOnce(&mut Vec<(u8, Vec<u8>)>)) -> String {
    let size = Size::new(40, 30);
    let image = compress(
        &paint(size, |x, y| [x.to_le_bytes()[0], y.to_le_bytes()[0], 9]),
        |_| {},
    );
    let (mut segments, rest) = segments(&image);
    change(&mut segments);
    refusal(&assemble(&segments, &rest), size)
}

#[test]
fn every_marker_must_have_its_place() {
    let size = Size::new(1, 1);
    for (body, value) in [
        (&[0x00][..], 0x00),
        (&[0xff, 0x00], 0x00),
        (&[0xff, /* end */ 0xd9], 0xd9),
        (&[0xff, DQT, 0, 2], 0xdb),
        (&[0xff, 0xd8, 0x12], 0x12),
        (&[0xff, 0xd8, 0xff, /* restart */ 0xd3], 0xd3),
        (&[0xff, 0xd8, 0xff, /* reserved */ 0x02], 0x02),
        (&[0xff, 0xd8, 0xff, /* start */ 0xd8], 0xd8),
    ] {
        assert_eq!(
            refusal(body, size),
            format!("jpeg.marker: invalid value {value}")
        );
    }
}

#[test]
fn a_segment_is_not_shorter_than_its_length_field() {
    for length in [0, 1] {
        let body = [0xff, 0xd8, 0xff, /* comment */ 0xfe, 0, length];
        assert_eq!(
            refusal(&body, Size::new(1, 1)),
            format!("jpeg.segment-length: invalid value {length}")
        );
    }
}

#[test]
fn tables_out_of_range_are_refused() {
    let table = |marker: u8, body: &[u8]| {
        let added = (marker, body.to_vec());
        refusal_of(|segments| segments.push(added))
    };
    let quantisation =
        |kind: u8, values: usize| table(DQT, &[&[kind][..], &vec![1; values]].concat());
    assert_eq!(
        quantisation(0x20, 64),
        "jpeg.quantisation-table: invalid value 32"
    );
    assert_eq!(
        quantisation(0x04, 64),
        "jpeg.quantisation-table: invalid value 4"
    );
    assert_eq!(
        quantisation(0x00, 63),
        "jpeg.quantisation-table.length: invalid value 64"
    );
    assert_eq!(
        quantisation(0x10, 127),
        "jpeg.quantisation-table.length: invalid value 128"
    );
    let huffman = |kind: u8, count: u8, values: usize| {
        table(DHT, &[&[kind][..], &[count; 16], &vec![1; values]].concat())
    };
    assert_eq!(huffman(0x20, 0, 0), "jpeg.huffman-table: invalid value 32");
    assert_eq!(huffman(0x04, 0, 0), "jpeg.huffman-table: invalid value 4");
    assert_eq!(huffman(0x14, 0, 0), "jpeg.huffman-table: invalid value 20");
    assert_eq!(
        huffman(0x00, 17, 0),
        "jpeg.huffman-codes: invalid value 272"
    );
    assert_eq!(
        huffman(0x00, 1, 15),
        "jpeg.huffman-table.length: invalid value 32"
    );
    assert_eq!(
        table(DHT, &[0x00; 16]),
        "jpeg.huffman-table.length: invalid value 16"
    );
}

#[test]
fn an_image_of_another_size_is_refused_before_its_scan() {
    let frame = |change: fn(&mut Vec<u8>)| {
        refusal_of(|segments| {
            let frame = segments
                .iter_mut()
                .find(|segment| segment.0 == 0xc0)
                .unwrap();
            change(&mut frame.1);
        })
    };
    assert_eq!(frame(|body| body[4] = 41), "jpeg.width: invalid value 41");
    assert_eq!(
        frame(|body| body[1] = 255),
        "jpeg.height: invalid value 65310"
    );
    assert_eq!(frame(|body| body[2] = 0), "jpeg.height: invalid value 0");
    assert_eq!(
        frame(|body| body.truncate(4)),
        "jpeg.frame-length: invalid value 4"
    );
    // Its components are for libjpeg-turbo to judge.
    assert!(frame(|body| body.truncate(7)).starts_with("jpeg.image: invalid value"));
}

#[test]
fn an_image_without_frame_or_scan_or_tables_is_refused() {
    let size = Size::new(40, 30);
    assert_eq!(
        refusal(&[0xff, 0xd8, 0xff, 0xd9], size),
        "jpeg.image: invalid value 4"
    );
    let image = compress(&photo(size), |_| {});
    let (all, rest) = segments(&image);
    let without = |left_out: u8| {
        let segments = all.iter().filter(|(marker, _)| *marker != left_out);
        assemble(&segments.cloned().collect::<Vec<_>>(), &rest)
    };
    for marker in [DQT, 0xc0] {
        assert!(refusal(&without(marker), size).starts_with("jpeg.image: invalid value"));
    }
}

#[test]
fn an_image_that_does_not_end_is_refused() {
    let size = Size::new(8, 8);
    let image = compress(&photo(size), |_| {});
    let (segments, rest) = segments(&image);
    let limit = 8 * 8 * 8 + (1 << 20);
    let scan = [&rest[..14], &vec![0x55; limit]].concat();
    let endless = assemble(&segments, &scan);
    assert!(refusal(&endless, size).starts_with("jpeg.length: "), "data");
    let comments = vec![(0xfe, vec![0; 60_000]); 20];
    let endless = assemble(&comments, &rest);
    assert_eq!(
        refusal(&endless, size),
        "jpeg.length: 1080070 is over the limit 1049088"
    );
}

#[test]
fn after_an_error_the_next_body_is_read_from_its_start() {
    let size = Size::new(40, 30);
    let image = compress(&photo(size), |_| {});
    let mut decoder = decoder(Encoding::JPEG);
    let bad = [&image[..100], &[0xff, 0xd9]].concat();
    assert!(decode(decoder.as_mut(), &bad, &BGRX, size).is_err());
    let mut damaged = image.clone();
    damaged.truncate(20);
    damaged.extend([0xff, 0xff, 0x00]);
    assert!(decode(decoder.as_mut(), &damaged, &BGRX, size).is_err());
    assert!(decode(decoder.as_mut(), &image, &BGRX, size).is_ok());
}
