//! The files of a table: read and written one row group at a time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::cause::Cause;
use crate::error::{At, FaultError};
use crate::view::{should_be, too_much};

const BATCH: usize = 8_192;

/// Is one file of the table, which is one row group in memory at most.
pub(crate) struct Part {
    path: PathBuf,
    file: File,
    metadata: ArrowReaderMetadata,
}

impl Part {
    /// Opens all parts of a folder, in the order of their names.
    pub(crate) fn all_of(folder: &Path) -> Result<Vec<Self>, FaultError> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).at(folder)? {
            let path = entry.at(folder)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if name.is_some_and(|name| name.starts_with("part-") && name.ends_with(".parquet")) {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            let folder = folder.to_owned();
            return Err(FaultError::NoParts { folder });
        }
        paths.sort();
        paths.into_iter().map(Self::open).collect()
    }

    fn open(path: PathBuf) -> Result<Self, FaultError> {
        let file = File::open(&path).at(&path)?;
        let metadata = ArrowReaderMetadata::load(&file, Default::default()).at(&path)?;
        Ok(Self {
            path,
            file,
            metadata,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.metadata.schema().field_with_name(column).is_ok()
    }

    /// Makes sure that a column is there and of a type that a cause can work on.
    pub(crate) fn require(&self, cause: Cause, column: &'static str) -> Result<(), FaultError> {
        let part = self.path.clone();
        let Ok(field) = self.metadata.schema().field_with_name(column) else {
            return Err(FaultError::NoColumn {
                cause,
                column,
                part,
            });
        };
        let is = field.data_type();
        match should_be(column, is) {
            None => Ok(()),
            Some(should_be) => Err(FaultError::WrongType {
                column,
                is: is.clone(),
                should_be,
                part,
            }),
        }
    }

    /// The first number of fen that the part cannot hold.
    pub(crate) fn too_much(&self) -> i128 {
        too_much(self.metadata.schema())
    }

    pub(crate) fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Reads a row group in batches, with those of the columns that are there.
    pub(crate) fn read_columns<'a>(
        &'a self,
        group: usize,
        columns: &[&str],
    ) -> Result<impl Iterator<Item = Result<RecordBatch, FaultError>> + 'a, FaultError> {
        let schema = self.metadata.parquet_schema();
        let columns = ProjectionMask::columns(schema, columns.iter().copied());
        self.read(group, columns)
    }

    /// Reads a row group in batches, with all columns.
    pub(crate) fn read_all(
        &self,
        group: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, FaultError>>, FaultError> {
        self.read(group, ProjectionMask::all())
    }

    fn read(
        &self,
        group: usize,
        columns: ProjectionMask,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, FaultError>>, FaultError> {
        let file = self.file.try_clone().at(&self.path)?;
        let metadata = self.metadata.clone();
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_row_groups(vec![group])
            .with_projection(columns)
            .with_batch_size(BATCH)
            .build()
            .at(&self.path)?;
        Ok(reader.map(|batch| batch.at(&self.path)))
    }

    /// Begins to write the part anew.
    pub(crate) fn draft(&self) -> Result<Draft, FaultError> {
        let beside = self.path.with_file_name(format!(".{}.draft", self.name()));
        let file = File::create(&beside).at(&beside)?;
        let mut draft = Draft {
            place: self.path.clone(),
            beside,
            writer: None,
        };
        let schema: SchemaRef = self.metadata.schema().clone();
        let notes = self
            .metadata
            .metadata()
            .file_metadata()
            .key_value_metadata();
        let notes = notes.into_iter().flatten();
        let notes = notes
            .filter(|note| note.key != ARROW_SCHEMA_META_KEY)
            .cloned();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            // Row groups end where they ended before.
            .set_max_row_group_row_count(None)
            .set_key_value_metadata(Some(notes.collect()))
            .build();
        let writer = ArrowWriter::try_new(file, schema, Some(properties));
        draft.writer = Some(writer.at(&draft.beside)?);
        Ok(draft)
    }
}

/// Is a part that is being written beside its place. It vanishes unless it is put there.
pub(crate) struct Draft {
    place: PathBuf,
    beside: PathBuf,
    writer: Option<ArrowWriter<File>>,
}

impl Draft {
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), FaultError> {
        let writer = self
            .writer
            .as_mut()
            .expect("only `finish` takes the writer");
        writer.write(batch).at(&self.beside)
    }

    pub(crate) fn end_row_group(&mut self) -> Result<(), FaultError> {
        let writer = self
            .writer
            .as_mut()
            .expect("only `finish` takes the writer");
        writer.flush().at(&self.beside)
    }

    /// Writes the file to its end.
    pub(crate) fn finish(mut self) -> Result<Finished, FaultError> {
        let writer = self.writer.take().expect("only `finish` takes the writer");
        writer.close().at(&self.beside)?;
        Ok(Finished(self))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already where it was put to its place; otherwise nothing better can be done.
        let _ = fs::remove_file(&self.beside);
    }
}

/// Is a part that is written and not yet in its place.
pub(crate) struct Finished(Draft);

impl Finished {
    pub(crate) fn put_in_place(self) -> Result<(), FaultError> {
        fs::rename(&self.0.beside, &self.0.place).at(&self.0.place)
    }
}
