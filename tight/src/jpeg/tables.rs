//! The tables of a connection, which images leave out that need the same again. ITU-T T.81 B.2.4.

use rfb::DecodeError;
use rfb::wire::Reader;

use super::invalid;
use super::segment::{self, DHT, DQT};

/// The tables last defined.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// By number.
    quantisation: [Table; 4],
    /// By class (DC, AC) and number.
    huffman: [Table; 8],
}

/// One table.
#[derive(Debug, Default)]
struct Table {
    /// Its definition; empty: none yet.
    body: Vec<u8>,
    /// Whether the image at hand has it already.
    written: bool,
}

impl Tables {
    /// A new image begins, which has none of the tables yet.
    pub(crate) fn begin(&mut self) {
        for table in self.quantisation.iter_mut().chain(&mut self.huffman) {
            table.written = false;
        }
    }

    /// Takes the tables of a DQT segment.
    pub(crate) fn read_quantisation(&mut self, body: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new(body);
        while reader.position() < body.len() {
            let start = reader.position();
            let kind = reader.u8("jpeg.quantisation-table")?;
            let length = match kind >> 4 {
                0 => 64,
                1 => 128,
                _ => return Err(invalid("jpeg.quantisation-table", kind)),
            };
            let Some(table) = self.quantisation.get_mut(usize::from(kind & 0xf)) else {
                return Err(invalid("jpeg.quantisation-table", kind));
            };
            let values = reader.bytes("jpeg.quantisation-table", length);
            let end = start + 1 + values.map_err(|_| cut_short(DQT, body))?.len();
            table.define(body.get(start..end).unwrap_or_default());
        }
        Ok(())
    }

    /// Takes the tables of a DHT segment.
    pub(crate) fn read_huffman(&mut self, body: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new(body);
        while reader.position() < body.len() {
            let start = reader.position();
            let kind = reader.u8("jpeg.huffman-table")?;
            let index = usize::from(kind >> 4) * 4 + usize::from(kind & 0xf);
            let table = self.huffman.get_mut(index).filter(|_| kind & 0xf < 4);
            let Some(table) = table else {
                return Err(invalid("jpeg.huffman-table", kind));
            };
            let counts = reader.bytes("jpeg.huffman-table", 16);
            let counts = counts.map_err(|_| cut_short(DHT, body))?;
            let codes: u16 = counts.iter().copied().map(u16::from).sum();
            if codes > 256 {
                return Err(invalid("jpeg.huffman-codes", codes));
            }
            let values = reader.bytes("jpeg.huffman-table", codes.into());
            let end = start + 17 + values.map_err(|_| cut_short(DHT, body))?.len();
            table.define(body.get(start..end).unwrap_or_default());
        }
        Ok(())
    }

    /// Appends the tables that the image at hand does not have yet.
    pub(crate) fn write(&mut self, image: &mut Vec<u8>) {
        for (marker, tables) in [
            (DQT, &mut self.quantisation[..]),
            (DHT, &mut self.huffman[..]),
        ] {
            for table in tables {
                if !table.written && !table.body.is_empty() {
                    segment::write(marker, &table.body, image);
                    table.written = true;
                }
            }
        }
    }
}

impl Table {
    fn define(&mut self, body: &[u8]) {
        self.body.clear();
        self.body.extend_from_slice(body);
        self.written = false;
    }
}

/// A segment that ends within a table.
fn cut_short(marker: u8, body: &[u8]) -> DecodeError {
    let field = match marker {
        DQT => "jpeg.quantisation-table.length",
        _ => "jpeg.huffman-table.length",
    };
    invalid(field, i64::try_from(body.len()).unwrap_or(i64::MAX))
}
