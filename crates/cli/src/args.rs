//! Arguments of the program.

use braggscape_recover::FreeParameters;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use std::path::PathBuf;

/// The laboratory for the loss landscape of powder X-ray diffraction.
#[derive(Debug, Parser)]
#[command(name = "braggscape", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Shared {
    /// Threads; all cores if not given
    #[arg(long, global = true, value_name = "N", value_parser = parse_jobs)]
    pub(crate) jobs: Option<usize>,
    /// Say nothing but results and errors
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Form of the results
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) format: Option<OutputFormat>,
}

fn parse_jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=4096) => Ok(n),
        _ => Err("expected a number of threads from 1 to 4096".to_owned()),
    }
}

/// Forms of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Text,
    /// One JSON value; of a list, one a line
    Json,
    /// One JSON value a line
    Jsonl,
    /// Comma-separated columns
    Csv,
    /// Two columns, 2theta and intensity
    Xy,
    /// A drawing
    Svg,
}

impl OutputFormat {
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Xy => "xy",
            Self::Svg => "svg",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a study from a TOML file
    #[command(
        after_help = "Example:\n  braggscape run configs/quickstart.toml --out runs/quickstart"
    )]
    Run(RunArgs),
    /// Parse and check a study or a landscape without running it; all problems at once
    #[command(after_help = "Example:\n  braggscape check configs/quickstart.toml")]
    Check(CheckArgs),
    /// List the embedded study crystals, or write them as CIF files
    #[command(after_help = "Example:\n  braggscape structures --out crystals")]
    Structures(StructuresArgs),
    /// Simulate the powder pattern of a structure
    #[command(
        after_help = "Example:\n  braggscape simulate configs/structures/u2ti.cif --format xy > u2ti.xy"
    )]
    Simulate(SimulateArgs),
    /// Losses between the pattern of a structure and a target, and their gradients
    #[command(
        after_help = "Example:\n  braggscape evaluate start.cif --target u2ti.xy --loss cosine,mse --gradient"
    )]
    Evaluate(EvaluateArgs),
    /// Losses between two structures or patterns
    #[command(
        after_help = "Example:\n  braggscape compare measured.xy candidate.cif --loss cosine"
    )]
    Compare(CompareArgs),
    /// Whether two crystal structures match, as pymatgen's StructureMatcher says
    #[command(
        after_help = "Example:\n  braggscape match found.cif truth.cif --ltol 0.1 --stol 0.2\n  braggscape match --pairs pairs.jsonl --distance\n  braggscape match --reference test.csv --candidates out.jsonl --ltol 0.3 --stol 0.5 --angle-tol 10\n\nThe last one scores generated structures with the tolerances of CDVAE, DiffCSP and FlowMM. Their programs count a pair as matched when it has an rms, whatever the largest distance, and so does n_matched; n_fit asks for both. They also count candidates as failed that they call invalid; here nothing is sorted out."
    )]
    Match(MatchArgs),
    /// Average minimum distances of a structure, and continuous distances between structures
    #[command(
        after_help = "Examples:\n  braggscape amd configs/structures/u2ti.cif -k 10\n  braggscape amd --pairs pairs.jsonl"
    )]
    Amd(AmdArgs),
    /// Randomly distorted copies of a structure
    #[command(
        after_help = "Example:\n  braggscape perturb configs/structures/au2s.cif --lattice 0.1 --seed 7 -n 5"
    )]
    Perturb(PerturbArgs),
    /// Formula, lattice, space group and Wyckoff letters of a structure; standard cells
    #[command(
        after_help = "Example:\n  braggscape info POSCAR --standardize conventional -o standard.cif"
    )]
    Info(InfoArgs),
    /// The registered losses, optimizers, projectors and so on, with options and defaults
    #[command(after_help = "Example:\n  braggscape list losses")]
    List(ListArgs),
    /// Figures and tables of studies, landscapes and derived figures as one HTML page
    #[command(
        after_help = "Examples:\n  braggscape report runs/quickstart\n  braggscape report runs/fig1a runs/fig1b runs/fig2 --out report.html"
    )]
    Report(ReportArgs),
    /// Recover a structure that is almost right from a powder pattern
    #[command(
        after_help = "Examples:\n  braggscape refine candidate.cif --target measured.xy --two-theta 10:80 -o refined.cif\n  braggscape refine distorted.jsonl --target truths.jsonl --format jsonl\n  braggscape refine candidate.cif --target measured.xy --config refine.toml"
    )]
    Refine(RefineArgs),
    /// Energy, forces, stress and magnetic moments of a structure, as given or relaxed
    #[command(
        after_help = "Examples:\n  braggscape energy configs/structures/u2ti.cif\n  braggscape energy strained.jsonl --relax --fmax 0.02 > relaxed.jsonl\n\nThe weights of CHGNet are installed once with `braggscape assets fetch chgnet-0.3.0`."
    )]
    Energy(EnergyArgs),
    /// Model weights: which there are, where they lie, and installing them
    #[command(
        after_help = "Examples:\n  braggscape assets\n  braggscape assets fetch chgnet-0.3.0\n\nWeights lie in `assets` in the folder that BRAGGSCAPE_DATA names, otherwise in the data folder of the system. BRAGGSCAPE_PYPI names a mirror of https://files.pythonhosted.org to download from."
    )]
    Assets(AssetsArgs),
    /// A 2D section of a loss landscape from a TOML file: grid, minima, basins, roughness, descents, figure
    #[command(after_help = "Example:\n  braggscape landscape configs/fig2.toml --out runs/fig2")]
    Landscape(LandscapeArgs),
}

/// Which kernels a study uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kernel {
    /// The fastest there is; today that is `portable`
    Auto,
    /// The same bytes on every machine
    Portable,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The study
    pub(crate) config: PathBuf,
    /// Folder of the study [default: runs/<config stem>]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Do shard I of N only
    #[arg(long, value_name = "I/N", value_parser = parse_shard)]
    pub(crate) shard: Option<(u64, u64)>,
    /// Go on with an interrupted study (also without this flag)
    #[arg(long)]
    pub(crate) resume: bool,
    /// Run a fraction of the replicates
    #[arg(long, value_name = "F", value_parser = parse_fraction)]
    pub(crate) fraction: Option<f64>,
    /// Numerical kernels
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) kernel: Kernel,
    /// Say what would be run, and run nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn parse_shard(text: &str) -> Result<(u64, u64), String> {
    text.split_once('/')
        .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)))
        .filter(|(i, n)| (1..=*n).contains(i))
        .ok_or_else(|| "expected I/N with 1 <= I <= N, such as 2/4".to_owned())
}

fn parse_fraction(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|f| *f > 0.0 && *f <= 1.0)
        .ok_or_else(|| "expected a number above 0 and at most 1".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct LandscapeArgs {
    /// The landscape
    pub(crate) config: PathBuf,
    /// Folder of the landscape [default: runs/<config stem>]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Folders of studies (finished or not), landscapes or derived figures; several studies are merged as well
    #[arg(required = true, value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,
    /// The page [default: report.html in the first folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The study or landscape
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct StructuresArgs {
    /// Write the crystals as CIF files into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Options of the forward model.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    /// Forward model: structsnap, pymatgen (peak lists, of `simulate` alone) or instrument
    #[arg(long, default_value = "structsnap")]
    pub(crate) preset: String,
    /// Wavelength: a name such as CuKa1, or Å [default: that of the preset]
    #[arg(long, value_name = "NAME|Å", allow_negative_numbers = true)]
    pub(crate) wavelength: Option<String>,
    /// Window in degrees 2theta
    #[arg(long, value_name = "LO:HI", value_parser = parse_window, allow_hyphen_values = true)]
    pub(crate) two_theta: Option<(f64, f64)>,
    /// Step in degrees 2theta
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    pub(crate) step: Option<f64>,
    /// Caglioti U, V, W in degrees^2
    #[arg(long, value_name = "U,V,W", value_parser = parse_uvw, allow_hyphen_values = true)]
    pub(crate) uvw: Option<[f64; 3]>,
}

fn parse_window(text: &str) -> Result<(f64, f64), String> {
    text.split_once(':')
        .and_then(|(lo, hi)| Some((lo.trim().parse().ok()?, hi.trim().parse().ok()?)))
        .ok_or_else(|| "expected LO:HI in degrees, such as 10:80".to_owned())
}

fn parse_uvw(text: &str) -> Result<[f64; 3], String> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|t| t.trim().parse().ok()).collect();
    numbers
        .and_then(|n| n.try_into().ok())
        .ok_or_else(|| "expected three numbers, such as 0,0,1.5".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Structure file (.cif, POSCAR, .json, .jsonl, .csv), or - for stdin
    pub(crate) structure: PathBuf,
    /// The peak list instead of the profile; always so with --preset pymatgen
    #[arg(long)]
    pub(crate) peaks: bool,
    /// Intensities as computed instead of scaled to a largest one of 100
    #[arg(long)]
    pub(crate) absolute: bool,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Structure file, or - for stdin
    pub(crate) structure: PathBuf,
    /// Structure or pattern (.xy, .xye, .csv) to compare with
    #[arg(long, value_name = "T")]
    pub(crate) target: PathBuf,
    /// Losses
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "cosine")]
    pub(crate) loss: Vec<String>,
    /// Gradients in lengths (1/Å), angles (1/degree) and fractional coordinates as well
    #[arg(long)]
    pub(crate) gradient: bool,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// What is refined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Free {
    /// The lattice
    Lattice,
    /// The fractional coordinates
    Coordinates,
    /// Both
    Both,
}

impl From<Free> for FreeParameters {
    fn from(free: Free) -> Self {
        match free {
            Free::Lattice => Self::Lattice,
            Free::Coordinates => Self::Coordinates,
            Free::Both => Self::Both,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RefineArgs {
    /// Structure file, or - for stdin; of a list every structure is refined, a line each
    pub(crate) structure: PathBuf,
    /// Pattern (.xy, .xye, .csv), or structure whose pattern is the target; a list goes line by line with the structures
    #[arg(long, value_name = "T")]
    pub(crate) target: PathBuf,
    /// Strategy [default: one that suits what is refined; see `braggscape list strategies`]
    #[arg(long, value_name = "NAME")]
    pub(crate) strategy: Option<String>,
    /// What is refined [default: lattice]
    #[arg(long, value_name = "WHAT")]
    pub(crate) refine: Option<Free>,
    /// Loss that is reported, and minimised by strategies without losses of their own [default: cosine]
    #[arg(long, value_name = "NAME")]
    pub(crate) loss: Option<String>,
    /// TOML with any of refine, strategy, loss, optimizer, projector, variables, seed, max-evaluations, as in a study
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Unknowns of the instrument that are refined besides: zero-shift, u, v, w (widths), b-iso (overall displacement)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) nuisances: Vec<String>,
    /// Seed of what is random in the strategy [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Most evaluations of a structure
    #[arg(long, value_name = "N")]
    pub(crate) max_evaluations: Option<u64>,
    /// Write the structure found to this file (.cif, .json or POSCAR), which must not be there yet
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Structure or pattern
    pub(crate) a: PathBuf,
    /// Structure or pattern
    pub(crate) b: PathBuf,
    /// Losses
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "cosine")]
    pub(crate) loss: Vec<String>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct MatchArgs {
    /// First structure
    #[arg(required_unless_present_any = ["pairs", "reference", "candidates"], requires = "b")]
    pub(crate) a: Option<PathBuf>,
    /// Second structure
    pub(crate) b: Option<PathBuf>,
    /// Lines {"a": structure, "b": structure}
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["a", "reference", "candidates"])]
    pub(crate) pairs: Option<PathBuf>,
    /// Reference structures (.csv, .jsonl), paired with the candidates by id
    #[arg(long, value_name = "R", conflicts_with = "a", requires = "candidates")]
    pub(crate) reference: Option<PathBuf>,
    /// Candidate structures (.csv, .jsonl), any number for each reference
    #[arg(long, value_name = "C", conflicts_with = "a", requires = "reference")]
    pub(crate) candidates: Option<PathBuf>,
    /// Give the distance without tolerances as well
    #[arg(long)]
    pub(crate) distance: bool,
    /// Fractional tolerance of lengths
    #[arg(long, default_value_t = 0.2, allow_negative_numbers = true)]
    pub(crate) ltol: f64,
    /// Site tolerance, in units of (V/N)^(1/3)
    #[arg(long, default_value_t = 0.3, allow_negative_numbers = true)]
    pub(crate) stol: f64,
    /// Tolerance of angles, degrees
    #[arg(long, default_value_t = 5.0, allow_negative_numbers = true)]
    pub(crate) angle_tol: f64,
    /// Compare absolute volumes
    #[arg(long)]
    pub(crate) no_scale: bool,
    /// Compare cells as given, not primitive cells
    #[arg(long)]
    pub(crate) no_primitive: bool,
    /// Let elements be permuted
    #[arg(long)]
    pub(crate) anonymous: bool,
    /// Try supercells of the smaller structure
    #[arg(long)]
    pub(crate) attempt_supercell: bool,
    /// Compare both ways round
    #[arg(long)]
    pub(crate) symmetric: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AmdArgs {
    /// Structure file (.cif, POSCAR, .json, .jsonl, .csv), or - for stdin
    #[arg(required_unless_present = "pairs")]
    pub(crate) structure: Option<PathBuf>,
    /// Lines {"a": structure, "b": structure}: the largest difference of average minimum distances and the earth mover's
    /// distance between pointwise distance distributions, Å
    #[arg(long, value_name = "FILE.jsonl", conflicts_with = "structure")]
    pub(crate) pairs: Option<PathBuf>,
    /// Number of neighbours
    #[arg(short = 'k', default_value_t = 100, value_name = "N")]
    pub(crate) k: usize,
    /// Rows of a distribution that agree within this are one, Å
    #[arg(long, default_value_t = 1e-4, value_name = "TOL", allow_negative_numbers = true)]
    pub(crate) collapse_tol: f64,
    /// The same between elements as well
    #[arg(long)]
    pub(crate) by_element: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EnergyArgs {
    /// Structure file (.cif, POSCAR, .json, .jsonl, .csv), or - for stdin
    pub(crate) structure: PathBuf,
    /// Model weights (see `braggscape assets`), or a potential (see `braggscape list potentials`)
    #[arg(long, default_value = "chgnet-0.3.0", value_name = "NAME")]
    pub(crate) model: String,
    /// Move atoms and cell downhill first
    #[arg(long)]
    pub(crate) relax: bool,
    /// Ends the relaxation when no force is above it, that on the cell included, eV/Å
    #[arg(long, default_value_t = 0.05, value_name = "F", allow_negative_numbers = true)]
    pub(crate) fmax: f64,
    /// Most steps of the relaxation
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) steps: u64,
    /// Keep the cell
    #[arg(long)]
    pub(crate) fixed_cell: bool,
    /// Keep the space group that the structure has within this distance, Å
    #[arg(long, value_name = "SYMPREC", allow_negative_numbers = true)]
    pub(crate) fixed_symmetry: Option<f64>,
    /// How atoms and cell are moved
    #[arg(long, value_enum, default_value = "lbfgs")]
    pub(crate) method: Method,
    /// Also write every step of the relaxation of one structure to this file, as extended XYZ
    #[arg(long, value_name = "FILE", requires = "relax")]
    pub(crate) trajectory: Option<PathBuf>,
}

/// Methods of relaxation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Method {
    /// FIRE: the steps of chgnet's StructOptimizer
    Fire,
    /// Limited-memory BFGS: two to five times fewer steps
    Lbfgs,
}

#[derive(Debug, Args)]
pub(crate) struct AssetsArgs {
    #[command(subcommand)]
    pub(crate) action: Option<AssetsAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AssetsAction {
    /// Which weights there are, and where they lie (the default)
    List,
    /// Download weights, check them and install them beside their licence
    Fetch(FetchArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// Names of weights
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Install from this file, the wheel of the Python package, instead of downloading it
    #[arg(long, value_name = "WHEEL")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PerturbArgs {
    /// Structure file, or - for stdin
    pub(crate) structure: PathBuf,
    /// Level of random strain
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) lattice: Option<f64>,
    /// Level of random displacement of fractional coordinates
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) coords: Option<f64>,
    /// Seed of the first copy; copy i has this seed plus i
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// Number of copies
    #[arg(short = 'n', default_value_t = 1, value_name = "N")]
    pub(crate) copies: u64,
}

/// Standard cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Standard {
    /// Conventional cell of International Tables
    Conventional,
    /// Primitive cell
    Primitive,
    /// Niggli-reduced primitive cell
    Niggli,
}

#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    /// Structure file, or - for stdin
    pub(crate) structure: PathBuf,
    /// Distance within which atoms are equivalent, Å
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true)]
    pub(crate) symprec: f64,
    /// Write a standard cell
    #[arg(long, requires = "out")]
    pub(crate) standardize: Option<Standard>,
    /// Where to: .cif, .json or POSCAR
    #[arg(short = 'o', long = "out", value_name = "OUT", requires = "standardize")]
    pub(crate) out: Option<PathBuf>,
}

/// What `list` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    /// Losses
    Losses,
    /// Optimizers
    Optimizers,
    /// Projectors
    Projectors,
    /// Noise models
    Noise,
    /// Forward models
    Forward,
    /// Strategies
    Strategies,
    /// Potentials
    Potentials,
    /// Metrics
    Metrics,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// One kind of component; all if not given
    pub(crate) what: Option<Listed>,
}
