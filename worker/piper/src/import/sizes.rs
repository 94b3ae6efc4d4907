//! The sizes of a voice from its graph.

use super::graph::{Graph, Layer};
use crate::{
    config::{
        BlockSizes, CouplingSizes, DecoderSizes, DilatedKernel, DurationSizes, EncoderSizes, Sizes,
        StageSizes, StochasticFlow,
    },
    error::{PiperError, Result},
};

/// Reads the sizes, which are then checked.
pub(crate) fn sizes(graph: &Graph) -> Result<Sizes> {
    let [symbols, width] = graph.shape("enc_p.emb.weight")?;
    let [speakers, speaker_width] = if graph.has("emb_g.weight") {
        graph.shape("emb_g.weight")?
    } else {
        [0, 0]
    };
    let sizes = Sizes {
        symbols,
        speakers,
        speaker_width,
        encoder: encoder(graph, width)?,
        durations: durations(graph)?,
        flow: flow(graph)?,
        decoder: decoder(graph)?,
    };
    sizes.check()?;
    Ok(sizes)
}

fn encoder(graph: &Graph, width: usize) -> Result<EncoderSizes> {
    let keys = "enc_p.encoder.attn_layers.0.emb_rel_k";
    let [tables, distances, dim] = graph.shape(keys)?;
    if tables != 1 || distances % 2 == 0 || dim == 0 || width % dim != 0 {
        let reason = format!(
            "has the shape {:?}, which relative attention does not",
            [tables, distances, dim]
        );
        return Err(PiperError::layer(keys, reason));
    }
    let (_, [filter, _, kernel]) = graph.layer("enc_p.encoder.ffn_layers.0.conv_1")?;
    let (_, [statistics, _, _]) = graph.layer("enc_p.proj")?;
    Ok(EncoderSizes {
        width,
        heads: width / dim,
        window: distances / 2,
        filter,
        kernel,
        layers: in_order(
            "enc_p.encoder.attn_layers",
            &graph.numbers("enc_p.encoder.attn_layers.", ".conv_q"),
        )?,
        latent: statistics / 2,
    })
}

fn durations(graph: &Graph) -> Result<DurationSizes> {
    if !graph.has("dp.flows.0.m") {
        let (_, [width, _, kernel]) = graph.layer("dp.conv_1")?;
        return Ok(DurationSizes::Plain { width, kernel });
    }
    let (_, [width, _, _]) = graph.layer("dp.pre")?;
    let flow = |number: usize| -> Result<StochasticFlow> {
        let name = format!("dp.flows.{number}");
        let (_, [parameters, _, _]) = graph.layer(&format!("{name}.proj"))?;
        if parameters % 3 != 2 {
            let reason = format!("has {parameters} outputs, which are no spline's");
            return Err(PiperError::layer(format!("{name}.proj"), reason));
        }
        Ok(StochasticFlow {
            number,
            bins: parameters.div_ceil(3),
            layers: dilated(graph, &format!("{name}.convs.convs_sep"))?,
        })
    };
    let flows = graph.numbers("dp.flows.", ".proj").into_iter().rev();
    Ok(DurationSizes::Stochastic {
        width,
        layers: dilated(graph, "dp.convs.convs_sep")?,
        flows: flows.map(flow).collect::<Result<_>>()?,
    })
}

fn flow(graph: &Graph) -> Result<Vec<CouplingSizes>> {
    let numbers = graph.numbers("flow.flows.", ".pre").into_iter().rev();
    let coupling = |number: usize| -> Result<CouplingSizes> {
        let name = format!("flow.flows.{number}");
        let (_, [width, _, _]) = graph.layer(&format!("{name}.pre"))?;
        Ok(CouplingSizes {
            number,
            width,
            layers: dilated(graph, &format!("{name}.enc.in_layers"))?,
        })
    };
    numbers.map(coupling).collect()
}

fn decoder(graph: &Graph) -> Result<DecoderSizes> {
    let (first, [channels, _, first_kernel]) = graph.layer("dec.conv_pre")?;
    let (last, [_, _, last_kernel]) = graph.layer("dec.conv_post")?;
    keeps_length("dec.conv_pre", first, first_kernel)?;
    keeps_length("dec.conv_post", last, last_kernel)?;
    let count = in_order("dec.ups", &graph.numbers("dec.ups.", ""))?;
    let mut blocks = blocks(graph)?.into_iter();
    let side_by_side = blocks.len() / count.max(1);
    if side_by_side * count != blocks.len() || side_by_side == 0 {
        let reason = format!("{} blocks behind {count} up-samplings", blocks.len());
        return Err(PiperError::layer("dec.resblocks", reason));
    }
    let stage = |number: usize| -> Result<StageSizes> {
        let (stride, kernel, channels) = upsampling(graph, &format!("dec.ups.{number}"))?;
        Ok(StageSizes {
            stride,
            kernel,
            channels,
            blocks: blocks.by_ref().take(side_by_side).collect(),
        })
    };
    Ok(DecoderSizes {
        channels,
        first_kernel,
        last_kernel,
        stages: (0..count).map(stage).collect::<Result<_>>()?,
    })
}

/// Stride, kernel and channels.
fn upsampling(graph: &Graph, name: &str) -> Result<(usize, usize, usize)> {
    let (layer, [_, channels, kernel]) = graph.layer(name)?;
    let whole = layer.transposed && layer.groups == 1 && layer.dilation == 1;
    let half = kernel.saturating_sub(layer.stride) / 2;
    if !whole || layer.padding != [half; 2] {
        return Err(PiperError::layer(
            name,
            format!("is no up-sampling: {layer:?}"),
        ));
    }
    Ok((layer.stride, kernel, channels))
}

fn blocks(graph: &Graph) -> Result<Vec<BlockSizes>> {
    let paired = graph.layers.contains_key("dec.resblocks.0.convs1.0");
    let first = if paired { "convs1" } else { "convs" };
    let numbers = graph.numbers("dec.resblocks.", &format!(".{first}.0"));
    in_order("dec.resblocks", &numbers)?;
    let block = |number: usize| -> Result<BlockSizes> {
        let list = |list: &str| dilated(graph, &format!("dec.resblocks.{number}.{list}"));
        Ok(BlockSizes {
            layers: list(first)?,
            seconds: if paired { list("convs2")? } else { Vec::new() },
        })
    };
    numbers.into_iter().map(block).collect()
}

/// Kernels and dilations of a list of convolutions that keep the length.
fn dilated(graph: &Graph, list: &str) -> Result<Vec<DilatedKernel>> {
    let numbers = graph.numbers(&format!("{list}."), "");
    let count = in_order(list, &numbers)?;
    let convolution = |number: usize| {
        let name = format!("{list}.{number}");
        let (layer, [_, _, kernel]) = graph.layer(&name)?;
        keeps_length(&name, layer, kernel)?;
        Ok(DilatedKernel {
            kernel,
            dilation: layer.dilation,
        })
    };
    (0..count).map(convolution).collect()
}

fn keeps_length(name: &str, layer: &Layer, kernel: usize) -> Result<()> {
    let half = kernel.saturating_sub(1).saturating_mul(layer.dilation) / 2;
    if layer.stride == 1 && !layer.transposed && layer.padding == [half; 2] {
        return Ok(());
    }
    let reason = format!("a kernel of {kernel} does not keep the length: {layer:?}");
    Err(PiperError::layer(name, reason))
}

/// How many there are, of which none may be left out.
fn in_order(list: &str, numbers: &[usize]) -> Result<usize> {
    if numbers
        .iter()
        .enumerate()
        .any(|(place, number)| place != *number)
    {
        return Err(PiperError::layer(
            list,
            format!("has only the numbers {numbers:?}"),
        ));
    }
    Ok(numbers.len())
}
